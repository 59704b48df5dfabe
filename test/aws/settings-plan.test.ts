/** What holds for a function as a whole, as plans: set, changed, taken away, and left alone when nobody names it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../src/providers/aws/config.ts';
import { stepsAfter, stepsBefore, warmSteps } from '../../src/providers/aws/settings/function-plan.ts';
import type { FunctionState } from '../../src/providers/aws/settings/function.ts';
import { allTags, tagChange } from '../../src/providers/aws/settings/tag-plan.ts';
import type { ReleaseDraft, Step } from '../../src/providers/provider.ts';
import type { Live } from '../../src/live.ts';

const draft = { function: 'heart', targetSettings: {} } as unknown as ReleaseDraft;
const want = { kind: 'release' as const, draft };
const bare: FunctionState = { image: false, tags: { mlfn: '1' }, reserved: null, provisioned: null, warm: null, foreign: null };
const ready = (wanted: number, status = 'READY') => ({ wanted, status, reason: null });
const SWITCH: Step = { kind: 'switch', number: null, from: 1 };

const after = (section: object, state: FunctionState | null, steps: Step[] = [], live: Live | null = null, asked: typeof want & { canary?: number } = want) =>
  short(stepsAfter(asked, live, configSchema.parse(section), state, steps));
const before = (section: object, state: FunctionState | null, settings: object = {}) =>
  short(stepsBefore({ ...want, draft: { ...draft, targetSettings: { ...settings } } }, configSchema.parse(section), state));

function short(steps: Step[]): string[] {
  return steps.map((step) => (step.kind === 'ensure' ? `${step.change} ${step.resource}: ${step.detail}` : step.kind));
}

describe('reserved concurrency', () => {
  test('is set, changed and taken away', () => {
    expect(after({ reservedConcurrency: 5 }, null)).toEqual(['create reserved concurrency: 5 calls at once at most']);
    expect(after({ reservedConcurrency: 5 }, { ...bare, reserved: 3 })).toEqual(['update reserved concurrency: 5 calls at once at most']);
    expect(after({ reservedConcurrency: 0 }, { ...bare, reserved: 3 })).toEqual(['remove reserved concurrency: no more limit of 3']);
  });
  test('is right, or nobody names it: nothing', () => {
    expect(after({ reservedConcurrency: 3 }, { ...bare, reserved: 3 })).toEqual([]);
    expect(after({ reservedConcurrency: 0 }, bare)).toEqual([]);
    expect(after({}, { ...bare, reserved: 3 })).toEqual([]);
  });
});

describe('provisioned concurrency', () => {
  const canaried = { canary: { number: 2, percent: 10 } } as Live;
  test('is set after the switch, and made anew and waited for after every switch', () => {
    expect(after({ provisionedConcurrency: 2 }, bare)).toEqual(['create provisioned concurrency: 2 ready workers, paid for']);
    expect(after({ provisionedConcurrency: 2 }, { ...bare, provisioned: ready(2) }, [SWITCH])).toEqual(['update provisioned concurrency: 2 ready workers, paid for']);
    expect(after({ provisionedConcurrency: 2 }, { ...bare, provisioned: ready(2, 'FAILED') })).toEqual(['update provisioned concurrency: 2 ready workers, paid for']);
    expect(after({ provisionedConcurrency: 2 }, { ...bare, provisioned: ready(2) })).toEqual([]);
  });
  test('ends before the release, as SnapStart excludes it', () => {
    expect(before({ provisionedConcurrency: 0 }, { ...bare, provisioned: ready(2) }, { snapstart: true })).toEqual(['remove provisioned concurrency: no more 2 ready workers']);
    expect(() => before({}, { ...bare, provisioned: ready(2) }, { snapstart: true })).toThrow('heart keeps 2 workers ready, which SnapStart excludes.');
  });
  test('cannot be changed beside a canary, and is not waited for there', () => {
    const share: Step = { ...SWITCH, percent: 10 };
    expect(after({ provisionedConcurrency: 2 }, { ...bare, provisioned: ready(2) }, [share], null, { ...want, canary: 10 })).toEqual([]);
    expect(() => after({ provisionedConcurrency: 3 }, { ...bare, provisioned: ready(2) }, [share], null, { ...want, canary: 10 })).toThrow('while a canary has 10 %');
    expect(() => after({ provisionedConcurrency: 3 }, { ...bare, provisioned: ready(2) }, [], canaried)).toThrow('while a canary has 10 %');
    expect(after({ provisionedConcurrency: 3 }, { ...bare, provisioned: ready(2) }, [SWITCH], canaried)).toHaveLength(1);
  });
});

describe('warm', () => {
  const steps = (warm: string | false | undefined, minutes: number | null) => short(warmSteps('heart', configSchema.parse({ warm }), { ...bare, warm: minutes }));
  test('is made, changed, taken away, and left alone', () => {
    expect(steps('5m', null)).toEqual(['create schedule: a call every 5 min keeps it warm']);
    expect(steps('1m', 5)).toEqual(['update schedule: a call every 1 min keeps it warm']);
    expect(steps('off', 5)).toEqual(['remove schedule: no more calls to keep it warm']);
    expect(steps(false, 5)).toEqual(['remove schedule: no more calls to keep it warm']);
    expect([steps('5m', 5), steps('off', null), steps(undefined, 5)]).toEqual([[], [], []]);
  });
  test.each(['0m', '61m', '5', '5s', '1h', ''])('%j is no time', (warm) => expect(configSchema.safeParse({ warm }).success).toBe(false));
});

describe('a function that mlfn did not make', () => {
  const foreign = { runtime: 'python3.9', handler: 'app.main', role: 'arn:aws:iam::1:role/old', variables: ['DB', 'TOKEN'] };
  test('is taken over first, and the plan says what is replaced', () =>
    expect(before({}, { ...bare, tags: {}, foreign })).toEqual([
      'update function: is taken over: python3.9 app.main, its role arn:aws:iam::1:role/old, its variables DB, TOKEN are replaced; kept as a version, as are its versions and aliases',
    ]));
  test('of an image is told as one', () =>
    expect(before({}, { ...bare, image: true, tags: {}, foreign: { ...foreign, runtime: '', handler: '', variables: [] } })[0]).toContain('is taken over: its image, its role arn'));
});

describe('tags', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((each) => each !== 'mlfn');
  const tags = fc.dictionary(name, fc.stringMatching(/^[a-z0-9 ]{0,6}$/), { maxKeys: 45 });

  test('from any configuration to any other: its tags are there, no older one is, and those of others are untouched', () =>
    fc.assert(
      fc.property(tags, tags, tags, (first, second, others) => {
        const theirs = Object.fromEntries(Object.entries(others).filter(([each]) => !(each in first) && !(each in second)));
        const found: Record<string, string> = { ...allTags(first), ...theirs, 'mlfn:warm': '5m' };
        const change = tagChange(second, found);
        const then = Object.fromEntries(Object.entries({ ...found, ...change?.set }).filter(([each]) => !change?.unset.includes(each)));
        expect(then).toEqual({ ...theirs, ...allTags(second), 'mlfn:warm': '5m' });
        expect(tagChange(second, then)).toBeNull();
        expect(Object.values(then).every((value) => value.length <= 256)).toBe(true);
      }),
    ));

  test('are shown by name', () =>
    expect(after({ tags: { team: 'risk' } }, { ...bare, tags: { ...allTags({ owner: 'x' }), cost: '1' } })).toEqual(['update tags: team=risk, -owner']));

  test.each(['aws:x', 'mlfn', 'mlfn:warm', 'MLFN:x', 'a?b'])('%j is no name', (each) => expect(configSchema.safeParse({ tags: { [each]: '1' } }).success).toBe(false));
});
