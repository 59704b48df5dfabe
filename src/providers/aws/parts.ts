/** The parts of a package in the account: the function part as an object, the dependencies as a layer made of one. */
import { sizeText } from '../../size-text.ts';
import type { Artifact, Digest } from '../../types.ts';
import type { Done, Stored } from '../provider.ts';
import { withScratch } from '../scratch.ts';
import { storeImage } from './images/images.ts';
import { findLayer, publishLayer } from './layers.ts';
import { sendModel } from './models.ts';
import { objectKey } from './names.ts';
import type { Session } from './session.ts';
import { hasObject, putObject } from './storage/objects.ts';

/** Lambda puts layers below /opt, and /opt/python on sys.path: docs.aws.amazon.com/lambda/latest/dg/python-layers.html */
const LAYER_FOLDER = 'python/';

/** @returns bytes sent; 0 when it was there */
export async function storePart(session: Session, part: Stored, done: Done): Promise<number> {
  if (done.supplies === undefined || done.draft === undefined) throw new Error('a plan that stores needs supplies');
  if (part === 'model') return storeModel(session, done);
  if (part === 'image') return storeImage(session, done);
  const artifact = done.supplies.bundle[part];
  const { python } = done.draft.lock;
  if (part === 'dependencies' && (await findLayer(session, artifact.digest)) !== null) return 0;
  const sent = (await hasObject(session, artifact.digest)) === null ? await send(session, artifact, done.supplies) : 0;
  if (part === 'dependencies') await publishLayer(session, artifact.digest, python);
  return sent;
}

/** A line of the deploy's story. */
export function tellSent({ ctx }: Session, part: Stored, digest: Digest, bytes: number): void {
  ctx.emit({ type: 'fact', label: 'sent', text: `${part} ${digest.slice(0, 8)}    ${bytes === 0 ? 'was there' : sizeText(bytes)}` });
}

/** As it is: it is read in pieces, and hardly shrinks. */
async function storeModel(session: Session, { name, supplies }: Done): Promise<number> {
  const model = supplies?.bundle.fetched;
  if (model === null || model === undefined) return 0;
  return sendModel(session, name, model);
}

function send(session: Session, artifact: Artifact, supplies: NonNullable<Done['supplies']>): Promise<number> {
  return withScratch(session.ctx.home, { folder: 'zips', extension: 'zip' }, async (file) => {
    const zip = await supplies.writeZip(artifact, file, artifact.part === 'dependencies' ? LAYER_FOLDER : '');
    await putObject(session, { key: objectKey(artifact.digest), what: `the ${artifact.part} part`, file, size: zip.bytes, sha256: zip.sha256 });
    return zip.bytes;
  });
}
