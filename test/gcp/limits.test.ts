/** What of a package Google Cloud takes, by mode. */
import { expect, test } from 'vitest';
import { fits } from '../../src/bundle/index.ts';
import { configSchema } from '../../src/providers/gcp/config.ts';
import { provider } from '../../src/providers/gcp/index.ts';
import type { Artifact, Bundle } from '../../src/types.ts';

const part = (name: Artifact['part'], size: number): Artifact => ({ part: name, entries: [], digest: '', size });
const bundleOf = (dependencies: number, own: number): Bundle => ({
  dependencies: part('dependencies', dependencies), function: part('function', own), fetched: null, modelDigest: '', findings: [],
});

test('a function whose own part is over 100 MB has its model apart; what is installed for it does not count', () => {
  const config = configSchema.parse({ mode: 'function' });
  expect(provider.modelApart(config)).toBe('when-too-large');
  expect(fits(bundleOf(2e9, 100_000_000), provider.limits(config))).toBe(true);
  expect(fits(bundleOf(0, 100_000_001), provider.limits(config))).toBe(false);
});

test('without a build the model is always apart, and the archive has at most 250 MiB', () => {
  const config = configSchema.parse({ mode: 'run' });
  expect(provider.modelApart(config)).toBe('always');
  expect(provider.limits(config)).toMatchObject({ zipBytes: 250 * 1024 * 1024, unzippedBytes: null });
  expect(fits(bundleOf(2e9, 2e9), provider.limits(config))).toBe(true);
});
