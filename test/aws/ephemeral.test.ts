/** MB of /tmp on Lambda for a model that lies there. */
import { expect, test } from 'vitest';
import { storageFor } from '../../src/providers/aws/ephemeral.ts';
import type { ReleaseDraft } from '../../src/providers/provider.ts';

const draft = (megabytes: number, reload?: number) =>
  ({ artifacts: { model: 'a' }, sizes: { model: megabytes * 2 ** 20 }, settings: reload === undefined ? {} : { reload }, targetSettings: {} }) as unknown as ReleaseDraft;

test('a model that may be replaced has room for the next one beside it', () => {
  expect(storageFor(draft(100))).toBe(512);
  expect(storageFor(draft(1000))).toBe(1064);
  expect(storageFor(draft(1000, 0))).toBe(2064);
});

test('what no /tmp holds twice is refused', () => {
  expect(storageFor(draft(6000))).toBe(6064);
  expect(() => storageFor(draft(6000, 300))).toThrow(/\/tmp holds 10240 MB, and with reload it must hold two/);
});
