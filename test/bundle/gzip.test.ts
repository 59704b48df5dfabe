/** gzip on several cores is one stream of gzip, and the same however its bytes arrive. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gzip } from '../../src/gzip.ts';
import { python } from '../python.ts';

const MB = 1 << 20;

async function* inChunks(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function packed(source: AsyncIterable<Uint8Array>, level?: number): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const chunk of gzip(source, level)) found.push(chunk);
  return Buffer.concat(found);
}

/** Words that repeat, some of them further back than a piece begins. */
function text(size: number): Buffer {
  const words = Array.from({ length: 400 }, (_, index) => `word${index * 7919}`);
  let told = '';
  for (let index = 0; told.length < size; index++) told += words[(index * index) % words.length];
  return Buffer.from(told.slice(0, size));
}

test.each([0, 1, MB - 1, MB, MB + 1, 5 * MB + 17, 9 * MB])('%i bytes come back, from one member, whoever reads it', async (size) => {
  const bytes = size % 2 === 0 ? text(size) : randomBytes(size);
  const made = await packed(inChunks(bytes, [65_536]));
  expect(gunzipSync(made).equals(bytes)).toBe(true);
  const script = 'import hashlib, sys, zlib\nd = zlib.decompressobj(31)\nout = d.decompress(sys.stdin.buffer.read())\nprint(d.eof, len(d.unused_data), len(out), hashlib.sha256(out).hexdigest())';
  const told = execFileSync(python, ['-c', script], { input: made, encoding: 'utf8' });
  const { createHash } = await import('node:crypto');
  expect(told.trim()).toBe(`True 0 ${size} ${createHash('sha256').update(bytes).digest('hex')}`);
});

test('the same bytes however they arrive, and nearly as few as in one piece', async () => {
  const bytes = text(6 * MB);
  const made = await packed(inChunks(bytes, [MB]));
  for (const sizes of [[1_000], [bytes.length], [3, 70_000, MB + 1]]) expect((await packed(inChunks(bytes, sizes))).equals(made)).toBe(true);
  expect(made.length).toBeLessThan(1.02 * gzipSync(bytes).length);
  expect((await packed(inChunks(bytes, [MB]), 1)).length).toBeGreaterThan(made.length);
});

test('whatever it is given', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 2 * MB }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 12_000 }), sizes, async (seed, times, chunks) => {
      const bytes = Buffer.concat(Array.from({ length: times }, () => seed));
      expect(gunzipSync(await packed(inChunks(bytes, chunks))).equals(bytes)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('a source that fails fails it, and whoever stops early waits for nothing', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield text(3 * MB);
    throw new Error('gone');
  }
  await expect(packed(broken())).rejects.toThrow('gone');
  for await (const chunk of gzip(inChunks(randomBytes(8 * MB), [MB]))) if (chunk.length > MB / 2) break;
});
