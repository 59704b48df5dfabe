import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ByteWindow } from '../../src/inspect/bytes/window.ts';
import { Malformed } from '../../src/inspect/bytes/malformed.ts';
import { type Compression, contentSource } from '../../src/inspect/decompress/index.ts';
import { Folder } from './cards.ts';
import { bz2, deflate, gzip, lzma, xz } from './compress.ts';

const folder = new Folder();
afterAll(() => folder.remove());

/** The whole content, as the pickle reader would get it. */
async function contentOf(bytes: Buffer, compression: Compression): Promise<Buffer> {
  const file = path.join(folder.path, 'packed');
  await writeFile(file, bytes);
  const handle = await open(file);
  try {
    const window = new ByteWindow(contentSource(handle, bytes.length, compression, new AbortController().signal));
    const parts: Buffer[] = [];
    while (await window.ensure(1)) {
      parts.push(Buffer.from(window.buffer.subarray(window.pos, window.end)));
      window.pos = window.end;
    }
    return Buffer.concat(parts);
  } finally {
    await handle.close();
  }
}

type Codec = [Compression, string, (bytes: Buffer) => Buffer];
const CODECS: Codec[] = [
  ['zlib', 'zlib', deflate],
  ['gzip', 'gzip', gzip],
  ['gzip', 'gzip in two members', (bytes) => Buffer.concat([gzip(bytes.subarray(0, 7)), gzip(bytes.subarray(7))])],
  ['bz2', 'bz2', bz2],
  ['bz2', 'bz2 in two streams', (bytes) => Buffer.concat([bz2(bytes.subarray(0, 7)), bz2(bytes.subarray(7))])],
  ['lzma', 'lzma', lzma],
  ['xz', 'xz', xz],
  ['xz', 'xz in two streams', (bytes) => Buffer.concat([xz(bytes.subarray(0, 7)), xz(bytes.subarray(7))])],
  ['xz', 'xz with a CRC32', (bytes) => xz(bytes, ', check=lzma.CHECK_CRC32')],
  ['xz', 'xz with a SHA-256', (bytes) => xz(bytes, ', check=lzma.CHECK_SHA256')],
  ['xz', 'xz without a check', (bytes) => xz(bytes, ', check=lzma.CHECK_NONE')],
  ['xz', 'xz with a dictionary of 4 KiB', (bytes) => xz(bytes, ", filters=[{'id': lzma.FILTER_LZMA2, 'lc': 1, 'lp': 3, 'pb': 4, 'dict_size': 4096}]")],
];

/** Runs, repeats near and far, and noise: what the match finders and the run lengths of each format live on. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 40_000 })).map(([byte, count]) => new Uint8Array(count).fill(byte)),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 200 })).map(([piece, times]) => Buffer.concat(Array.from({ length: times }, () => piece))),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

describe.each(CODECS)('%s', (compression, name, compress) => {
  test(`${name}: what Python wrote is read back`, async () => {
    await fc.assert(
      fc.asyncProperty(content, async (bytes) => {
        expect((await contentOf(compress(bytes), compression)).equals(bytes)).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  test(`${name}: more than a block, a dictionary and a window`, async () => {
    let state = 1;
    const noise = Buffer.from(Uint8Array.from({ length: 2_500_000 }, (_, at) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return at % 3 === 0 ? 0 : state >>> 24;
    }));
    const bytes = Buffer.concat([noise, Buffer.alloc(3_000_000, 'ab'), noise.subarray(0, 100_000)]);
    expect((await contentOf(compress(bytes), compression)).equals(bytes)).toBe(true);
  });

  test(`${name}: damage is told, and nothing else happens`, async () => {
    const packed = compress(Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * at) % 251)));
    const results = { same: 0, told: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        const bad = cut ? packed.subarray(0, at) : Buffer.from(packed);
        if (!cut) bad[at]! ^= flip;
        try {
          await contentOf(bad, compression);
          results.same += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
          results.told += 1;
        }
      }),
      { numRuns: 150 },
    );
    expect(results.told).toBeGreaterThan(75);
  });
});
