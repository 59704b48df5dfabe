/** The parts of a package in the account: the function part as an object, the dependencies as a layer made of one. */
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact, Part } from '../../types.ts';
import type { Done } from '../provider.ts';
import { findLayer, publishLayer } from './layers.ts';
import { modelsPrefix, objectKey } from './names.ts';
import type { Session } from './session.ts';
import { listKeys, removeKeys } from './storage/listing.ts';
import { hasObject, putObject } from './storage/objects.ts';

/** Digest of a part without files: a function that needs no package has no layer. */
export const EMPTY_PART = createHash('sha256').digest('hex');
/** Lambda puts layers below /opt, and /opt/python on sys.path: docs.aws.amazon.com/lambda/latest/dg/python-layers.html */
const LAYER_FOLDER = 'python/';

export async function storePart(session: Session, part: Part | 'model', done: Done): Promise<void> {
  if (done.supplies === undefined || done.draft === undefined) throw new Error('a plan that stores needs supplies');
  if (part === 'model') return storeModel(session, done);
  const artifact = done.supplies.bundle[part];
  const { python } = done.draft.lock;
  if (part === 'dependencies' && (await findLayer(session, artifact.digest)) !== null) return;
  const sent = (await hasObject(session, artifact.digest)) === null ? await send(session, artifact, done.supplies) : 0;
  if (part === 'dependencies') await publishLayer(session, artifact.digest, python);
  session.ctx.emit({ type: 'fact', label: 'sent', text: `${part} ${artifact.digest.slice(0, 8)}    ${sizeText(sent)}` });
}

/** As it is: it is read in pieces, and hardly shrinks. */
async function storeModel(session: Session, { name, supplies }: Done): Promise<void> {
  const model = supplies?.bundle.fetched;
  if (model === null || model === undefined) return;
  const { sent } = await putObject(session, { key: modelsPrefix(name) + model.sha256, ...model });
  session.ctx.emit({ type: 'fact', label: 'sent', text: `model ${model.sha256.slice(0, 8)}    ${sizeText(sent)}` });
}

/** Models that none of the function's releases names. */
export async function collectModels(session: Session, name: string, keep: ReadonlySet<string>): Promise<void> {
  const stale = (await listKeys(session, modelsPrefix(name))).filter(({ key }) => !keep.has(key.slice(modelsPrefix(name).length)));
  await removeKeys(session, stale.map(({ key }) => key));
}

async function send(session: Session, artifact: Artifact, supplies: NonNullable<Done['supplies']>): Promise<number> {
  const folder = path.join(session.ctx.home.cache, 'zips');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${artifact.digest}.zip`);
  try {
    const zip = await supplies.writeZip(artifact, file, artifact.part === 'dependencies' ? LAYER_FOLDER : '');
    await putObject(session, { key: objectKey(artifact.digest), file, size: zip.bytes, sha256: zip.sha256 });
    return zip.bytes;
  } finally {
    await rm(file, { force: true });
  }
}

function sizeText(bytes: number): string {
  if (bytes === 0) return 'was there';
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
