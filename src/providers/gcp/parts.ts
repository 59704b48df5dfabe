/** What is sent of a package. Mode `run`: one archive of both parts, and the model. Mode `function`: its source, for each build. Mode `image`: that. */
import { sizeText } from '../../size-text.ts';
import type { Digest } from '../../types.ts';
import type { Done, ReleaseDraft, Stored, Supplies } from '../provider.ts';
import { withScratch } from '../scratch.ts';
import { isBuiltOf } from './functions/built.ts';
import { uploadSource } from './functions/upload.ts';
import { sendImage } from './images/send.ts';
import { sendModel } from './models.ts';
import { archiveDigest, modelsPrefix, objectKey } from './names.ts';
import { see } from './observe.ts';
import type { Source } from './candidate.ts';
import type { Session } from './session.ts';
import { PACKAGES_FOLDER } from './serving.ts';
import { settingsOf } from './settings.ts';
import { headObject, putObject } from './storage/objects.ts';

/** What a release of this mode is stored as, in the order in which it is. */
export function storedParts(draft: ReleaseDraft): Stored[] {
  return [draft.image === undefined ? 'function' : 'image', ...(draft.artifacts.model === undefined ? [] : (['model'] as const))];
}

/** In lower-case hex, as a plan names it. */
export function storedDigest({ artifacts, image }: ReleaseDraft, part: Stored): Digest {
  return (part === 'image' ? image?.digest.replace(/^sha256:/, '') : artifacts[part]) ?? '';
}

/** In the bucket. */
export function keyOf(name: string, part: Stored, { artifacts }: Pick<ReleaseDraft, 'artifacts'>): string {
  return part === 'model' ? modelsPrefix(name) + artifacts.model : objectKey(archiveDigest(artifacts));
}

/** @returns bytes sent; 0 when it was there */
export async function storePart(session: Session, part: Stored, done: Done): Promise<number> {
  if (done.supplies === undefined || done.draft === undefined) throw new Error('a plan that stores needs supplies');
  if (part === 'image') return sendImage(session, done);
  const key = keyOf(done.name, part, done.draft);
  if (part === 'model') {
    const model = done.supplies.bundle.fetched;
    return model === null ? 0 : sendModel(session, done.name, model);
  }
  if (settingsOf(done.draft).mode === 'function') return sendSource(session, done.draft, done.supplies);
  if ((await headObject(session, key)) !== null) return 0;
  const { bundle } = done.supplies;
  return withScratch(session.ctx.home, { folder: 'archives', extension: 'tar.gz' }, async (file) => {
    const parts = [
      { artifact: bundle.dependencies, prefix: PACKAGES_FOLDER },
      { artifact: bundle.function, prefix: '' },
    ];
    const { bytes, sha256 } = await done.supplies!.writeArchive(parts, file);
    return (await putObject(session, { key, what: 'the package', file, size: bytes, sha256 })).sent;
  });
}

/** Sources that this process sent: each is for one build, and known to nobody else. */
const sent = new WeakMap<ReleaseDraft, Source>();

/** To where Cloud Functions wants it. */
async function sendSource(session: Session, draft: ReleaseDraft, supplies: Supplies): Promise<number> {
  return withScratch(session.ctx.home, { folder: 'archives', extension: 'zip' }, async (file) => {
    const { bytes } = await supplies.writeZip(supplies.source(), file, '');
    sent.set(draft, await uploadSource(session, file, bytes));
    return bytes;
  });
}

/** Of a function: sent by an earlier step, or now; null where its image is of the same already. */
export async function sourceFor(session: Session, { name, draft, supplies }: Done): Promise<Source | null> {
  if (draft === undefined || supplies === undefined) throw new Error('a plan that publishes needs supplies');
  const before = sent.get(draft);
  if (before !== undefined) return before;
  const { function: found, records } = await see(session, name);
  if (isBuiltOf(found, records, draft)) return null;
  tellSent(session, 'function', draft.artifacts.function, await sendSource(session, draft, supplies));
  return sent.get(draft) ?? null;
}

/** A line of the deploy's story. */
export function tellSent({ ctx }: Session, part: Stored, digest: Digest, bytes: number): void {
  const what = part === 'model' || part === 'image' ? part : 'package';
  ctx.emit({ type: 'fact', label: 'sent', text: `${what} ${digest.slice(0, 8)}    ${bytes === 0 ? 'was there' : sizeText(bytes)}` });
}
