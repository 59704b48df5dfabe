/** Files as a tar stream that is the same wherever it is made: of nobody, from one date, in the order of their bytes. */
import { type Pack, pack } from 'tar-stream';
import type { Entry } from '../types.ts';

/** As in our zips; of 1970, tar warns. */
const DATE = new Date('1980-01-01T00:00:00Z');
const FOLDER_MODE = 0o755;

/** The bytes of an entry, compared with its digest on the way; each piece is used before the next is asked for. */
export type Read = (entry: Entry) => AsyncIterable<Uint8Array>;

export interface TarRow {
  /** POSIX, from the root, without a leading slash. */
  path: string;
  entry: Entry;
}

/** Every folder that a file is in has an entry of its own, so that what unpacks it need not guess its mode. */
export async function* tarOf(rows: readonly TarRow[], read: Read): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const fed = feed(archive, rows, read).catch((error: unknown) => void archive.destroy(error as Error));
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } finally {
    archive.destroy();
    await fed;
  }
}

async function feed(archive: Pack, rows: readonly TarRow[], read: Read): Promise<void> {
  const folders = new Set(rows.flatMap(({ path }) => foldersOf(path)));
  const all = [...[...folders].map((path) => ({ path, entry: null })), ...rows].toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const { path, entry } of all) {
    if (archive.destroyed) return;
    if (entry === null) archive.entry({ name: path, type: 'directory', mode: FOLDER_MODE, mtime: DATE });
    else await append(archive, path, entry, read);
  }
  archive.finalize();
}

async function append(archive: Pack, name: string, entry: Entry, read: Read): Promise<void> {
  const { size, mode } = entry;
  const sink = archive.entry({ name, size, mode, mtime: DATE, type: 'file' });
  const closed = new Promise<void>((resolve) => sink.once('close', () => resolve()));
  sink.on('error', () => undefined); // the archive's own, which the reader meets
  for await (const piece of read(entry)) {
    // What is written is kept until it has been read, and the reader of an entry uses its buffer again.
    if (!sink.write(Buffer.from(piece))) await Promise.race([new Promise<void>((resolve) => sink.once('drain', () => resolve())), closed]);
    if (archive.destroyed) return;
  }
  sink.end(null);
  await closed;
}

/** With the slash at the end by which tar knows them, outermost first. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}
