/** Artifacts as one .tar.gz: the same bytes wherever the same zlib makes it. */
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TarArchive } from 'archiver';
import type { Context } from '../events.ts';
import { gzip } from '../gzip.ts';
import type { Artifact, Entry } from '../types.ts';
import { compareBytes } from './digest.ts';
import { interrupted } from './hash.ts';
import { writeOutput, type Written } from './output.ts';
import { withTemporary } from './temporary.ts';
import { PIECE, readPieces, readWhole } from './zip-data.ts';

/** As in our zips; of 1970, tar warns. */
const DATE = new Date('1980-01-01T00:00:00Z');

export interface ArchivePart {
  artifact: Artifact;
  /** Folder in the archive that everything is put below, with its slash; empty for its root. */
  prefix: string;
}

interface Row {
  name: string;
  entry: Entry;
}

/**
 * Writes the artifacts to `file`, replacing what is there in one rename: sorted by path, of nobody, from one date. Every
 * source is compared with its digest on the way.
 * @throws BUNDLE_CHANGED, BUNDLE_DISK_FULL, BUNDLE_UNWRITABLE, INTERRUPTED; none leaves a file behind.
 */
export async function writeArchive(ctx: Context, parts: ArchivePart[], file: string): Promise<Written> {
  const rows = parts.flatMap(({ artifact, prefix }) => artifact.entries.map((entry): Row => ({ name: prefix + entry.path, entry })));
  rows.sort((a, b) => compareBytes(a.name, b.name));
  const twice = rows.find((row, index) => row.name === rows[index - 1]?.name);
  if (twice !== undefined) throw new Error(`Two files of the archive are called ${twice.name}.`);
  const { TarArchive } = await import('archiver');
  const size = parts.reduce((sum, { artifact }) => sum + artifact.size, 0);
  return withTemporary(ctx, file, size, async (temporary) => {
    const written = await writeOutput(temporary, async (output) => {
      const archive = new TarArchive();
      archive.on('error', () => undefined); // the pipeline throws it; archiver tells of it once more
      const fed = feed(ctx, archive, rows).catch((error: unknown) => void archive.destroy(error as Error));
      await pipeline(archive, (plain: AsyncIterable<Uint8Array>) => gzip(plain), async (compressed: AsyncIterable<Uint8Array>) => {
        for await (const chunk of compressed) await output.write(chunk);
      });
      await fed;
    });
    await rename(temporary, file);
    return written;
  });
}

/** One at a time: what archiver is given ahead it holds, opened or whole. */
async function feed(ctx: Context, archive: TarArchive, rows: Row[]): Promise<void> {
  const closed = new Promise<never>((_, reject) => archive.once('close', () => reject(new Error('The archive was closed early.'))));
  closed.catch(() => undefined);
  for (const row of rows) {
    if (ctx.signal.aborted) throw interrupted();
    await Promise.race([append(ctx, archive, row), closed]);
  }
  await Promise.race([archive.finalize(), closed]);
}

function append(ctx: Context, archive: TarArchive, { name, entry }: Row): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.once('entry', () => resolve());
    const { source, size, mode } = entry;
    if ('bytes' in source) {
      archive.append(Buffer.from(source.bytes), { name, mode, date: DATE });
    } else if (size <= PIECE) {
      archive.append(readWhole(source.file, entry, Buffer.allocUnsafe(size + 1)), { name, mode, date: DATE });
    } else {
      const stream = new Source(readPieces(ctx, source.file, entry, () => Buffer.allocUnsafe(PIECE)));
      stream.once('error', reject);
      const stop = () => void stream.destroy();
      archive.once('close', stop);
      stream.once('close', () => archive.off('close', stop));
      archive.append(stream, { name, mode, date: DATE, stats: { size } });
    }
  });
}

/**
 * archiver pipes a stream into another of its own, and that into an entry whose errors it does not listen to: they would
 * end the process. Here the first `pipe` gives back the stream itself, and the second one listens.
 */
class Source extends Readable {
  readonly #pieces: AsyncIterator<Buffer>;
  #taken = false;

  constructor(pieces: AsyncGenerator<Buffer>) {
    super({ highWaterMark: 1 });
    this.#pieces = pieces;
    this.once('close', () => void pieces.return(undefined)); // closes the file
  }

  override _read(): void {
    this.#pieces.next().then(
      ({ done, value }) => void this.push(done === true ? null : value),
      (error: Error) => void this.destroy(error),
    );
  }

  override pipe<T extends NodeJS.WritableStream>(to: T): T {
    if (this.#taken) return super.pipe(to.on('error', () => undefined));
    this.#taken = true;
    return this as unknown as T;
  }
}
