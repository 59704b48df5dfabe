/**
 * Sessions of uploads that are on their way, kept on this machine: Cloud Storage lists them to nobody. A process that is killed
 * leaves its file, and the next that sends the same takes it up.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isRunning } from '../../../running.ts';
import type { Session } from '../session.ts';
import type { Sending } from './put.ts';

export interface Pending {
  uri: string;
  /** Drops it: the session has ended. */
  forget(): Promise<void>;
  /** Leaves it to the next run. */
  release(): void;
}

interface Kept {
  schema: 1;
  uri: string;
  /** Milliseconds since 1970. */
  begun: number;
}

/** "A session URI expires after one week" (docs.cloud.google.com/storage/docs/resumable-uploads#session-uris): not begun upon on its last day. */
const USABLE_MS = 6 * 24 * 60 * 60 * 1000;
/** Of this process, at work now. */
const busy = new Set<string>();

function folderOf({ ctx }: Session): string {
  return path.join(ctx.home.cache, 'uploads');
}

/** The same bytes to the same place, as a name: another file, or another object in its way, is another upload. */
function markOf({ bucket }: Session, { key, size, sha256, crc32c, before }: Sending): string {
  return createHash('sha256').update([bucket, key, size, sha256, crc32c, before].join('\n')).digest('hex').slice(0, 40);
}

/** Says whose it is. */
const NAME = /^([0-9a-f]{40})\.(\d+)\..*\.json$/;

function nameOf(mark: string): string {
  return `${mark}.${process.pid}.${randomUUID()}.json`;
}

/** What an earlier process began and nobody is at; null where there is none. Files that are of no more use are removed. */
export async function takeUp(session: Session, sending: Sending): Promise<Pending | null> {
  const folder = folderOf(session);
  const mark = markOf(session, sending);
  for (const name of await readdir(folder).catch(() => [])) {
    const [, of, pid] = NAME.exec(name) ?? [];
    const file = path.join(folder, name);
    if (busy.has(file) || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    const kept = await readKept(file);
    const usable = kept !== null && Date.now() - kept.begun < USABLE_MS;
    if (!usable) await rm(file, { force: true });
    if (!usable || of !== mark) continue;
    const mine = path.join(folder, nameOf(mark));
    // Of two processes one gets it.
    if (await rename(file, mine).then(() => true, () => false)) return held(mine, kept.uri);
  }
  return null;
}

/** To be called before the first byte is sent. */
export async function keep(session: Session, sending: Sending, uri: string): Promise<Pending> {
  const folder = folderOf(session);
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, nameOf(markOf(session, sending)));
  const kept: Kept = { schema: 1, uri, begun: Date.now() };
  // Whoever has the URI may write the object.
  await writeFile(`${file}.part`, JSON.stringify(kept), { mode: 0o600 });
  await rename(`${file}.part`, file);
  return held(file, uri);
}

function held(file: string, uri: string): Pending {
  busy.add(file);
  const release = (): void => void busy.delete(file);
  return {
    uri,
    release,
    forget: async () => {
      await rm(file, { force: true });
      release();
    },
  };
}

async function readKept(file: string): Promise<Kept | null> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Partial<Kept> | null;
    return kept?.schema === 1 && typeof kept.uri === 'string' && typeof kept.begun === 'number' ? (kept as Kept) : null;
  } catch {
    return null;
  }
}
