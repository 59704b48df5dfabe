import { describe, expect, test } from 'vitest';
import { plan } from '../../src/providers/local/plan.ts';
import type { ReleaseDraft } from '../../src/providers/provider.ts';
import type { Live, Release } from '../../src/live.ts';

const SETTINGS = { memory: 256, timeout: 5, concurrency: 1, idle: 60, env: {} };

function draft(digest: string, dependencies = 'deps', code = `code-${digest}`): ReleaseDraft {
  return {
    schema: 1,
    function: 'heart',
    digest,
    artifacts: { dependencies, function: code },
    sizes: { dependencies: 0, function: 0 },
    model: { file: 'm.joblib', size: 1, digest: 'm', framework: null, format: null },
    lock: { digest: 'l', python: '3.12', source: 'environment' },
    engine: 'native',
    settings: SETTINGS,
    targetSettings: {},
    by: 'me',
    commit: null,
  };
}

function release(number: number, digest: string): Release {
  const verification = { method: 'health', compared: 0, largestDifference: null, coldMs: null, warmMs: null } as const;
  return { ...draft(digest), number, createdAt: '2026-11-21T00:00:00Z', sample: null, verification };
}

function live(number: number | null, digests: string[], candidates: Live['candidates'] = []): Live {
  const releases = digests.map((digest, index) => release(index + 1, digest));
  return { name: 'heart', target: 'local', url: 'http://127.0.0.1:8750/heart/', live: number, releases, candidates };
}

const want = (digest: string) => ({ kind: 'release', draft: draft(digest) }) as const;
const short = (steps: ReturnType<typeof plan>) => steps.map((step) => (step.kind === 'store' ? `store ${step.part}` : step.kind));

describe('plan', () => {
  test('first deploy', () => {
    expect(plan(want('a'), null)).toEqual([
      { kind: 'store', part: 'dependencies', digest: 'deps' },
      { kind: 'store', part: 'function', digest: 'code-a' },
      { kind: 'publish', draft: draft('a'), expect: 1 },
      { kind: 'verify' },
      { kind: 'switch', number: null, from: null },
    ]);
  });

  test('nothing changed', () => expect(plan(want('a'), live(1, ['a']))).toEqual([]));

  test('changed model: what is stored is not stored again', () => {
    expect(short(plan(want('b'), live(1, ['a'])))).toEqual(['store function', 'publish', 'verify', 'switch']);
  });

  test('changed settings: nothing to store', () => {
    const steps = plan({ kind: 'release', draft: draft('b', 'deps', 'code-a') }, live(1, ['a']));
    expect(short(steps)).toEqual(['publish', 'verify', 'switch']);
  });

  test('both parts alike are stored once', () => {
    const steps = plan({ kind: 'release', draft: draft('b', 'same', 'same') }, null);
    expect(short(steps)).toEqual(['store dependencies', 'publish', 'verify', 'switch']);
  });

  test('an abandoned candidate of the same content keeps its number', () => {
    const seen = live(1, ['a'], [{ number: 4, digest: 'b', abandoned: true }]);
    expect(plan(want('b'), seen)).toContainEqual({ kind: 'publish', draft: draft('b'), expect: 4 });
  });

  test('the number of a candidate at work is not expected, that of a swept one is', () => {
    const busy = live(1, ['a'], [{ number: 2, digest: 'x', abandoned: false }]);
    expect(plan(want('b'), busy)).toContainEqual({ kind: 'publish', draft: draft('b'), expect: 3 });
    const dead = live(1, ['a'], [{ number: 2, digest: 'x', abandoned: true }]);
    expect(plan(want('b'), dead)).toContainEqual({ kind: 'publish', draft: draft('b'), expect: 2 });
  });

  test('verified but killed before the switch: only the switch is left', () => {
    expect(plan(want('b'), live(1, ['a', 'b']))).toEqual([{ kind: 'switch', number: 2, from: 1 }]);
    expect(plan(want('a'), live(null, ['a']))).toEqual([{ kind: 'switch', number: 1, from: null }]);
  });

  test('what was live long ago is a new release: the history goes forward', () => {
    expect(plan(want('a'), live(2, ['a', 'b']))).toContainEqual({ kind: 'publish', draft: draft('a'), expect: 3 });
  });

  test('the eleventh release prunes', () => {
    const digests = Array.from({ length: 10 }, (_, index) => `d${index}`);
    expect(plan(want('new'), live(10, digests)).at(-1)).toEqual({ kind: 'prune', keep: 10 });
  });

  test('rollback', () => {
    expect(plan({ kind: 'live', number: 1 }, live(2, ['a', 'b']))).toEqual([{ kind: 'switch', number: 1, from: 2 }]);
    expect(plan({ kind: 'live', number: 2 }, live(2, ['a', 'b']))).toEqual([]);
    expect(() => plan({ kind: 'live', number: 7 }, live(2, ['a', 'b']))).toThrow(/no release 7 of heart/);
    expect(() => plan({ kind: 'live', number: 7 }, null)).toThrow(/no release 7/);
  });

  test('delete', () => {
    expect(plan({ kind: 'absent' }, live(2, ['a', 'b']))).toEqual([{ kind: 'remove', name: 'heart', releases: [1, 2], also: [] }]);
    expect(plan({ kind: 'absent' }, null)).toEqual([]);
  });
});
