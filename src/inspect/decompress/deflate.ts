/** zlib and gzip, by Node's own zlib; members of a gzip file that follow one another are one content. */
import { pipeline, Readable } from 'node:stream';
import { createUnzip } from 'node:zlib';
import type { ByteWindow } from '../bytes/window.ts';
import { corrupt, cut, trailing } from './corrupt.ts';

const CHUNK = 64 * 1024;

export async function* inflate(input: ByteWindow): AsyncGenerator<Uint8Array> {
  const unzip = createUnzip({ chunkSize: CHUNK });
  let fed = 0;
  const compressed = async function* (): AsyncGenerator<Uint8Array> {
    while (await input.ensure(1)) {
      const chunk = Uint8Array.prototype.slice.call(input.buffer, input.pos, Math.min(input.end, input.pos + CHUNK));
      input.pos += chunk.length;
      fed += chunk.length;
      yield chunk;
    }
  };
  // An error of the source reaches the reader below by way of `unzip`.
  pipeline(Readable.from(compressed(), { objectMode: false }), unzip, () => {});
  try {
    for await (const chunk of unzip) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw cut('zlib');
    if (code?.startsWith('Z_') === true) throw corrupt('zlib', (error as Error).message);
    throw error;
  }
  if (unzip.bytesWritten < fed || (await input.ensure(1))) throw trailing('zlib', unzip.bytesWritten);
}
