/** What lies below a prefix of the bucket, and its removal. */
import type { Listed } from '../../history.ts';
import type { Session } from '../session.ts';
import { nullFor } from './gcs.ts';

/** Everything below the prefix, in the order of the keys; nothing without a bucket. `version` is the generation. */
export async function listKeys(session: Session, prefix: string): Promise<Listed[]> {
  const found = await nullFor([404], session, { permission: 'storage.objects.list', key: prefix }, (bucket) =>
    // The client follows the pages itself.
    bucket.getFiles({ prefix }),
  );
  return (found?.[0] ?? []).map(({ name, metadata }) => ({ key: name, version: String(metadata.generation), size: Number(metadata.size) }));
}

/** The API removes one object with a call. */
const SIDE_BY_SIDE = 16;
/** What mlfn writes; nothing else is ever removed, least of all from a bucket of the user's own. */
const OURS =
  /^(objects\/[0-9a-f]{64}\.tar\.gz|functions\/[a-z][a-z0-9-]*\/(access\.json|models\/([0-9a-f]{64}|release-\d{6,}\.json)|releases\/\d{6,}(\.verified)?\.json))$/;

function isOurs({ key }: Pick<Listed, 'key'>): boolean {
  return OURS.test(key);
}

/**
 * What is gone already counts as removed. Where a listing has shown a version, only that one goes: what another command has
 * written there since stays.
 */
export async function removeKeys(session: Session, wanted: readonly { key: string; version?: string }[]): Promise<void> {
  const foreign = wanted.find((each) => !isOurs(each));
  if (foreign !== undefined) throw new Error(`not a key of mlfn: ${foreign.key}`);
  const waiting = wanted.values();
  const worker = async (): Promise<void> => {
    for (const { key, version } of waiting) await removeOne(session, key, version);
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, wanted.length) }, worker));
}

async function removeOne(session: Session, key: string, version?: string): Promise<void> {
  const unchanged = version === undefined ? {} : { ifGenerationMatch: version };
  await nullFor([404, 412], session, { permission: 'storage.objects.delete', key }, (bucket) => bucket.file(key).delete(unchanged));
}

/** Removes what mlfn wrote below the prefix, and leaves everything else. @returns how many objects */
export async function deletePrefix(session: Session, prefix: string): Promise<number> {
  const ours = (await listKeys(session, prefix)).filter(isOurs);
  await removeKeys(session, ours);
  return ours.length;
}
