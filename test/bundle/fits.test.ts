/** A package against a target's limit: which way it goes, and what is said when none is left. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { assertFits, bundle, fits } from '../../src/bundle/index.ts';
import { failure, lockOf, makeLab, modelCard, rowsOf, writeFiles } from './lab.ts';

async function made(apart?: 'fetched') {
  const lab = makeLab();
  const dependencies = path.join(lab.root, 'deps');
  writeFiles(dependencies, { 'big/__init__.py': 'x'.repeat(1000), 'big-1.0.dist-info/RECORD': 'big/__init__.py,,\n' });
  const file = path.join(lab.root, 'model.joblib');
  writeFileSync(file, Buffer.alloc(50_000, 7));
  return bundle(lab.ctx, { card: modelCard(file), lock: lockOf([{ name: 'big', version: '1.0' }]), dependencies, name: 'heart', ...(apart === undefined ? {} : { apart }) });
}

test('a model that is fetched is not in the function part, whose settings are the same for each of the format', async () => {
  const [packed, apart] = [await made(), await made('fetched')];
  expect(packed.fetched).toBeNull();
  expect(apart.fetched).toMatchObject({ sha256: packed.modelDigest, size: 50_000 });
  expect(apart.modelDigest).toBe(packed.modelDigest);
  expect(rowsOf(packed.function).map(([name]) => name)).toContain('model/model.joblib');
  expect(rowsOf(apart.function).map(([name]) => name)).not.toContain('model/model.joblib');
  const settings = apart.function.entries.find((entry) => entry.path === 'settings.json')!;
  expect(JSON.parse(Buffer.from((settings.source as { bytes: Uint8Array }).bytes).toString())).toMatchObject({
    artifact: { kind: 'model', format: 'joblib', fetched: true },
  });
});

test('what fits, what does not, and what is too large in every way', async () => {
  const [packed, apart] = [await made(), await made('fetched')];
  const limit = apart.function.size + apart.dependencies.size;
  expect(fits(packed, { unzippedBytes: null })).toBe(true);
  expect(fits(packed, { unzippedBytes: limit })).toBe(false);
  expect(fits(apart, { unzippedBytes: limit })).toBe(true);
  const lock = lockOf([{ name: 'big', version: '1.0' }]);
  expect(() => assertFits(apart, lock, { zipBytes: null, unzippedBytes: limit }, 'aws')).not.toThrow();
  const error = await failure(Promise.resolve().then(() => assertFits(apart, lock, { zipBytes: null, unzippedBytes: limit - 1024 }, 'aws')));
  expect(error).toMatchObject({ code: 'BUNDLE_TOO_LARGE', kind: 'limit', details: { over: 1024 } });
  expect(error.message).toMatch(/ unzipped, 1\.0 KB more than aws takes: .*big 1018 B/);
});

test('a function part with a limit of its own', async () => {
  const [packed, apart] = [await made(), await made('fetched')];
  const limits = { zipBytes: null, unzippedBytes: null, functionBytes: apart.function.size };
  expect([fits(packed, limits), fits(apart, limits)]).toEqual([false, true]);
  const lock = lockOf([{ name: 'big', version: '1.0' }]);
  const error = await failure(Promise.resolve().then(() => assertFits(packed, lock, limits, 'gcp')));
  expect(error).toMatchObject({ code: 'BUNDLE_TOO_LARGE', details: { limit: apart.function.size } });
  expect(error.message).toMatch(/^The package without its dependencies is .* more than gcp takes: (?!big)/);
});
