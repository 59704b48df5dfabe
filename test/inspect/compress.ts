/** Compression by Python's own modules: what they write is what must be read. */
import { execFileSync } from 'node:child_process';
import { deflateSync, gzipSync } from 'node:zlib';
import { python } from '../python.ts';

export const deflate = (bytes: Buffer): Buffer => deflateSync(bytes);
export const gzip = (bytes: Buffer): Buffer => gzipSync(bytes);
export const bz2 = (bytes: Buffer): Buffer => byPython('bz2.compress(data)', bytes);
export const xz = (bytes: Buffer, options = ''): Buffer => byPython(`lzma.compress(data${options})`, bytes);
export const lzma = (bytes: Buffer): Buffer => byPython('lzma.compress(data, format=lzma.FORMAT_ALONE)', bytes);

function byPython(expression: string, bytes: Buffer): Buffer {
  const program = `import bz2, lzma, sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(${expression})`;
  return execFileSync(python, ['-c', program], { input: bytes, maxBuffer: 2 ** 28 });
}
