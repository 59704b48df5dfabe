import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, partSize, SINGLE_BYTES } from '../../src/providers/aws/storage/parts.ts';

const MB = 1 << 20;
const GB = 1024 * MB;

test('parts cover the file without gap or overlap, within the limits of S3', () => {
  const bytesOfFiles = fc.oneof(fc.integer({ min: SINGLE_BYTES, max: 2 ** 31 - 1 }), fc.maxSafeInteger().map((n) => (Math.abs(n) % (5 * 1024 * GB)) + 1));
  fc.assert(
    fc.property(bytesOfFiles, (bytes) => {
      const parts = cut(bytes);
      const whole = parts.every(({ number, start, size }, index) => {
        const before = parts[index - 1];
        const isLast = index === parts.length - 1;
        const follows = start === (before === undefined ? 0 : before.start + before.size);
        return number === index + 1 && follows && (isLast ? size > 0 && size <= partSize(bytes) : size === partSize(bytes));
      });
      const last = parts.at(-1);
      expect({ whole, end: (last?.start ?? 0) + (last?.size ?? 0) }).toEqual({ whole: true, end: bytes });
      expect(parts.length).toBeLessThanOrEqual(10_000);
      expect(partSize(bytes)).toBeGreaterThanOrEqual(8 * MB);
    }),
  );
});

test('parts are 8 to 64 MB for every file that Lambda can use', () => {
  expect([16 * MB, 1 * GB, 2 * GB, 10 * GB].map((bytes) => [partSize(bytes) / MB, cut(bytes).length])).toEqual([
    [8, 2],
    [8, 128],
    [16, 128],
    [64, 160],
  ]);
  fc.assert(fc.property(fc.double({ min: SINGLE_BYTES, max: 10 * GB, noNaN: true }).map(Math.floor), (bytes) => partSize(bytes) <= 64 * MB));
});
