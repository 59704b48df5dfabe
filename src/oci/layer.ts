/** A layer of an image: files as a compressed tar in the cache, made once for the same files. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../events.ts';
import { readJson, withFile, writeWhole } from '../whole-files.ts';
import { blobFile, hasBlob } from './blobs.ts';
import { packed as compressed, packerOf, type Packing } from './compression.ts';
import { type Read, tarOf, type TarRow } from './tar.ts';

export interface LayerBlob {
  /** With `sha256:`, of the compressed bytes. */
  digest: string;
  /** Of the same. */
  size: number;
  /** Of the tar itself. */
  diffId: string;
}

/** Counts up when the same files would give other bytes. */
const MADE_BY = 2;
/** A file so large is weights: noise to a compressor. */
const LARGE = 64 << 20;

/**
 * The layer of these files. Its diff_id is the same everywhere; its digest wherever the same zlib, or libzstd, compresses it.
 * @throws whatever `read` does, DISK_FULL
 */
export async function makeLayer(ctx: Context, rows: readonly TarRow[], read: Read, packing: Packing = 'gzip'): Promise<LayerBlob> {
  const weights = rows.some(({ entry }) => entry.size > LARGE);
  const key = keyOf(rows, packerOf(packing, weights));
  const known = await kept(ctx, key);
  if (known !== null) return known;
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  let size = 0;
  const scratch = path.join(ctx.home.cache, 'oci', 'making', key);
  await mkdir(path.dirname(scratch), { recursive: true });
  let made: LayerBlob | undefined;
  await withFile(scratch, async (temporary) => {
    await pipeline(
      tarOf(rows, read),
      seen((chunk) => void plain.update(chunk)),
      (plainly: AsyncIterable<Uint8Array>) => compressed(plainly, packing, weights),
      seen((chunk) => {
        packed.update(chunk);
        size += chunk.length;
      }),
      createWriteStream(temporary, { flags: 'wx', flush: true }),
      { signal: ctx.signal },
    );
    made = { digest: `sha256:${packed.digest('hex')}`, size, diffId: `sha256:${plain.digest('hex')}` };
    const blob = blobFile(ctx, made.digest);
    await mkdir(path.dirname(blob), { recursive: true });
    await rename(temporary, blob);
  });
  if (made === undefined) throw new Error('a layer was neither made nor refused');
  await writeWhole(recordFile(ctx, key), JSON.stringify(made));
  return made;
}

async function kept(ctx: Context, key: string): Promise<LayerBlob | null> {
  const known = (await readJson(recordFile(ctx, key))) as LayerBlob | null;
  if (known === null) return null;
  return (await hasBlob(ctx, known)) ? known : null;
}

function recordFile(ctx: Context, key: string): string {
  return path.join(ctx.home.cache, 'oci', 'layers', `${key}.json`);
}

/** Over all that decides the bytes. */
function keyOf(rows: readonly TarRow[], packer: unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify([MADE_BY, ...packer]));
  for (const { path: name, entry } of rows.toSorted((a, b) => (a.path < b.path ? -1 : 1))) hash.update(JSON.stringify([name, entry.mode, entry.sha256]));
  return hash.digest('hex');
}

function seen(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk);
      done(null, chunk);
    },
  });
}
