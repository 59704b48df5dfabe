/** How layers are compressed: gzip, which everything reads, or zstd, which is read and written faster and is smaller. */
import { versions } from 'node:process';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { MlfnError } from '../errors.ts';
import { gzip, pieces } from '../gzip.ts';
import type { Format } from './media.ts';

export type Packing = 'gzip' | 'zstd';

/** Node writes zstd since 22.15: nodejs.org/api/zlib.html#zlibcreatezstdcompressoptions */
const modern = zlib as {
  createZstdCompress?: (options: { params: Record<number, number> }) => NodeJS.ReadWriteStream & AsyncIterable<Buffer>;
  constants: { ZSTD_c_compressionLevel?: number };
};
const SINCE = '22.15';

export const writesZstd = modern.createZstdCompress !== undefined;

/** Weights are noise to a compressor, and a high level takes its time to find that out. */
const LEVELS = { gzip: { usual: 6, weights: 1 }, zstd: { usual: 6, weights: 1 } };

/** Changes when the same bytes would be compressed to others. */
export function packerOf(packing: Packing, weights: boolean): unknown[] {
  const level = LEVELS[packing][weights ? 'weights' : 'usual'];
  return packing === 'gzip' ? [versions.zlib, level] : ['zstd', (versions as Record<string, string | undefined>)['zstd'], level];
}

export function packed(plain: AsyncIterable<Uint8Array>, packing: Packing, weights: boolean): AsyncIterable<Buffer> {
  const level = LEVELS[packing][weights ? 'weights' : 'usual'];
  return packing === 'gzip' ? gzip(plain, level) : zstd(plain, level);
}

/** In pieces of one size, as what is gathered before it is compressed may count. */
async function* zstd(plain: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Buffer> {
  const { createZstdCompress, constants } = modern;
  if (createZstdCompress === undefined || constants.ZSTD_c_compressionLevel === undefined) throw new Error('this Node has no zstd, and was asked for it');
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
  const fed = pipeline(pieces(plain), stream);
  fed.catch(() => undefined); // whoever reads the stream is told
  yield* stream;
  await fed;
}

/** @param reader that is not to be sent zstd, for people. @throws OCI_COMPRESSION */
export function assertPacking(packing: Packing, format: Format, reader: string | null): void {
  if (packing === 'gzip') return;
  if (reader !== null) throw refused(`${reader} reads no layers in zstd`, 'Leave --compression out: gzip is what it reads.');
  if (format === 'docker') throw refused('Docker v2 schema 2 has no layers in zstd', 'Leave --compression out, or --format: OCI documents have them.');
  if (!writesZstd) throw refused(`Node ${versions.node} writes no zstd`, `Run it with Node ${SINCE} or newer, or leave --compression out.`);
}

function refused(why: string, hint: string): MlfnError {
  return new MlfnError('OCI_COMPRESSION', `Layers cannot be compressed by zstd: ${why}.`, { hint, details: { compression: 'zstd' } });
}
