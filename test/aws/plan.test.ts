/** The plans of the AWS target, as data: what is wanted and what is there, to steps. */
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../src/providers/aws/config.ts';
import { EMPTY_PART } from '../../src/providers/aws/names.ts';
import { plan } from '../../src/providers/aws/plan.ts';
import type { Ground } from '../../src/providers/aws/survey.ts';
import type { ReleaseDraft, Step } from '../../src/providers/provider.ts';
import type { Live, Release } from '../../src/live.ts';

const DEPENDENCIES = 'd'.repeat(64);
const config = configSchema.parse({});

function draft(digest: string, more: Partial<ReleaseDraft> = {}): ReleaseDraft {
  return {
    schema: 1,
    function: 'heart',
    digest,
    artifacts: { dependencies: DEPENDENCIES, function: digest },
    sizes: { dependencies: 0, function: 0 },
    model: { file: 'model.joblib', size: 1, digest: 'm', framework: null, format: null },
    lock: { digest: 'l', python: '3.12', source: 'environment' },
    engine: 'native',
    settings: { memory: 1024, timeout: 30, concurrency: 2, idle: 300, env: {} },
    targetSettings: {},
    by: 'a test',
    commit: null,
    ...more,
  };
}

function live(current: number | null, digests: string[], more: Partial<Live> = {}): Live {
  const releases = digests.map((digest, index): Release => {
    const verification = { method: 'health', compared: 0, largestDifference: null, coldMs: null, warmMs: null } as const;
    return { ...draft(digest), number: index + 1, createdAt: '2026-01-01T00:00:00Z', verification, sample: null };
  });
  return { name: 'heart', target: 'aws', url: 'https://u.example/', live: current, releases, ...more };
}

const place = { partition: 'aws', account: '123456789012', region: 'eu-west-1' };
const nothing: Ground = {
  bucket: { name: 'mlfn-1-eu-west-1', exists: false, drift: [] },
  role: { name: 'mlfn-heart-eu-west-1', exists: false, right: false, more: [], place },
  logGroup: { name: '/aws/lambda/heart', exists: false, retention: null },
  repository: null,
  doors: { url: null, api: null },
  function: null,
  stored: [],
};
const closed = { url: 'https://u.example/', open: false, cors: {}, statements: [] };
const all: Ground = {
  bucket: { name: 'mlfn-1-eu-west-1', exists: true, drift: [] },
  role: { name: 'mlfn-heart-eu-west-1', exists: true, right: true, more: [], place },
  logGroup: { name: '/aws/lambda/heart', exists: true, retention: 30 },
  repository: null,
  doors: { url: closed, api: null },
  function: { image: false, tags: { mlfn: '1' }, reserved: null, provisioned: null, warm: null, foreign: null },
  stored: [DEPENDENCIES, 'a'],
};

/** `create bucket`, `store function`, `switch`, ... */
function short(steps: Step[]): string[] {
  return steps.map((step) => {
    if (step.kind === 'ensure') return `${step.change} ${step.resource}`;
    if (step.kind === 'store') return `store ${step.part}`;
    return step.kind;
  });
}

const release = (digest: string, canary?: number) => ({ kind: 'release' as const, draft: draft(digest), canary });

describe('a first deploy', () => {
  test('in an empty account makes everything, the endpoint last', () =>
    expect(short(plan(release('a'), null, config, nothing))).toEqual([
      'create bucket', 'create role', 'create log group', 'store dependencies', 'store function', 'publish', 'verify', 'switch',
      'create endpoint',
    ]));

  test('where another function made the bucket and the layer, makes the rest', () =>
    expect(short(plan(release('a'), null, config, { ...nothing, bucket: all.bucket, stored: [DEPENDENCIES] }))).toEqual([
      'create role', 'create log group', 'store function', 'publish', 'verify', 'switch', 'create endpoint',
    ]));

  test('with a role of the user makes none', () =>
    expect(short(plan(release('a'), null, configSchema.parse({ role: 'arn:aws:iam::123456789012:role/x' }), { ...all, role: null, doors: nothing.doors }))).toEqual([
      'publish', 'verify', 'switch', 'create endpoint',
    ]));

  test('without dependencies makes no layer', () => {
    const bare = draft('b', { artifacts: { dependencies: EMPTY_PART, function: 'b' } });
    expect(short(plan({ kind: 'release', draft: bare }, null, config, all)).filter((each) => each.startsWith('store'))).toEqual(['store function']);
  });
});

describe('a later deploy', () => {
  test('of the same is empty', () => expect(plan(release('a'), live(1, ['a']), config, all)).toEqual([]));

  test('of an image makes its repository, and sends the image alone', () => {
    const image = { digest: 'sha256:f00', size: 1, base: { name: 'b', digest: 'sha256:b' } };
    const want = { kind: 'release' as const, draft: { ...draft('i'), image } };
    const repository = { name: 'mlfn/heart', exists: false, drift: [] };
    const there = { ...all, function: { ...all.function!, image: true } };
    const before = live(1, []);
    before.releases = [{ ...live(1, ['a']).releases[0]!, image }];
    expect(short(plan(want, null, config, { ...nothing, repository })).slice(3, 6)).toEqual(['create repository', 'store image', 'publish']);
    expect(short(plan(want, before, config, { ...there, repository: { ...repository, exists: true, drift: ['lifecycle'] }, stored: ['f00'] }))).toEqual(['update repository', 'publish', 'verify', 'switch']);
  });

  test('of the other form runs on a twin, which the role may call, where the own form cannot be tried', () => {
    const image = { digest: 'sha256:f00', size: 1, base: { name: 'b', digest: 'sha256:b' } };
    const want = { kind: 'release' as const, draft: { ...draft('i'), image } };
    const grounds = { ...all, repository: { name: 'mlfn/heart', exists: true, drift: [] }, stored: ['f00'] };
    expect(short(plan(want, live(1, ['a']), config, grounds))).toEqual(['update role', 'create twin', 'publish', 'verify', 'switch']);
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:heart_image';
    const more = [JSON.stringify({ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [arn, `${arn}:*`] })];
    const second = { ...grounds, role: { ...all.role!, more }, function: { ...all.function!, tags: { mlfn: '1', 'mlfn:twin': 'heart_image' } } };
    expect(short(plan(want, live(1, ['a']), config, second))).toEqual(['publish', 'verify', 'switch']);
    const ofImages = { ...all, function: { ...all.function!, image: true } };
    expect(plan(release('b'), live(1, ['a']), config, ofImages)).toContainEqual(expect.objectContaining({ resource: 'twin', name: 'heart_zip' }));
    expect(() => plan({ ...release('b'), hasOther: true }, live(1, ['a']), config, ofImages)).toThrow('heart is made of images, and Lambda lets no function change that.');
    expect(() => plan(release('b'), live(null, []), config, ofImages)).toThrow('none of them a release of mlfn that could hand calls on');
    expect(() => plan(want, live(1, ['a']), { ...config, provisionedConcurrency: 2 }, grounds)).toThrow('only hand on the calls');
  });

  test('of a changed model sends only the function part', () =>
    expect(short(plan(release('b'), live(1, ['a']), config, all))).toEqual(['store function', 'publish', 'verify', 'switch']));

  test('of changed settings sends nothing', () => {
    const changed = draft('c', { artifacts: { dependencies: DEPENDENCIES, function: 'a' } });
    expect(short(plan({ kind: 'release', draft: changed }, live(1, ['a']), config, all))).toEqual(['publish', 'verify', 'switch']);
  });

  test('of the same, opened, only opens', () =>
    expect(plan(release('a'), live(1, ['a']), configSchema.parse({ public: true }), all)).toEqual([
      { kind: 'ensure', resource: 'endpoint', name: 'heart', change: 'update', detail: 'OPEN TO EVERYONE' },
    ]));

  test('of the same, opened by hand, closes', () =>
    expect(short(plan(release('a'), live(1, ['a']), config, { ...all, doors: { ...all.doors, url: { ...closed, open: true } } }))).toEqual(['update endpoint']));

  test('mends what a hand has changed', () =>
    expect(
      short(
        plan(release('b'), live(1, ['a']), config, {
          ...all,
          bucket: { ...all.bucket, drift: ['not private'] },
          role: { ...all.role!, right: false },
          logGroup: { ...all.logGroup, retention: null },
        }),
      ),
    ).toEqual(['update bucket', 'update role', 'update log group', 'store function', 'publish', 'verify', 'switch']));

  test('finishes what a killed one left: a candidate of the same content keeps its number', () => {
    const left = live(1, ['a'], { candidates: [{ number: 2, digest: 'b', abandoned: true }] });
    expect(plan(release('b'), left, config, all).find((step) => step.kind === 'publish')).toMatchObject({ expect: 2 });
  });

  test('of the release before, after a rollback, only switches', () =>
    expect(plan(release('b'), live(1, ['a', 'b']), config, all)).toEqual([{ kind: 'switch', number: 2, from: 1 }]));

  test('prunes from the eleventh on', () => {
    const digests = Array.from({ length: 10 }, (_, index) => `r${index}`);
    expect(short(plan(release('b'), live(10, digests), config, all)).at(-1)).toBe('prune');
    expect(short(plan(release('b'), live(9, digests.slice(1)), config, all))).not.toContain('prune');
  });
});

describe('everything in one zip', () => {
  const whole = (digest: string, code: string) => draft(digest, { artifacts: { dependencies: EMPTY_PART, function: code } });
  const wanted = (digest: string, code: string) => ({ kind: 'release' as const, draft: whole(digest, code) });

  test('is one part to store, and publishes without a layer', () => {
    const steps = plan(wanted('w', 'w'), null, config, { ...nothing, bucket: all.bucket });
    expect(steps.filter((step) => step.kind === 'store')).toEqual([{ kind: 'store', part: 'function', digest: 'w' }]);
    expect(steps.find((step) => step.kind === 'publish')).toMatchObject({ draft: { artifacts: { dependencies: EMPTY_PART, function: 'w' } } });
  });

  test('after a release with a layer is a release of its own, and so is the layer after it', () => {
    expect(short(plan(wanted('w', 'w'), live(1, ['a']), config, all))).toEqual(['store function', 'publish', 'verify', 'switch']);
    const before = live(1, ['w']);
    const packed = { ...before, releases: before.releases.map((each) => ({ ...each, ...whole('w', 'w') })) };
    expect(short(plan(release('b'), packed, config, { ...all, stored: ['w'] }))).toEqual(['store dependencies', 'store function', 'publish', 'verify', 'switch']);
    // The layer of another function is there, and the zip from before.
    expect(short(plan(release('a'), packed, config, all))).toEqual(['publish', 'verify', 'switch']);
  });

  test('again is up to date; with another setting it sends nothing', () => {
    const before = live(1, ['w']);
    expect(plan(wanted('w', 'w'), before, config, { ...all, stored: ['w'] })).toEqual([]);
    expect(short(plan(wanted('x', 'w'), before, config, { ...all, stored: ['w'] }))).toEqual(['publish', 'verify', 'switch']);
  });
});

describe('a canary', () => {
  const half = live(1, ['a', 'b'], { canary: { number: 2, percent: 10 } });

  test('takes a share of the traffic from the live release', () =>
    expect(plan(release('b', 10), live(1, ['a']), config, all).at(-1)).toEqual({ kind: 'switch', number: null, from: 1, percent: 10 }));

  test('of a first release is all of it', () =>
    expect(plan(release('a', 10), null, config, all).find((step) => step.kind === 'switch')).toEqual({ kind: 'switch', number: null, from: null }));

  test('again is up to date, with another share one call', () => {
    expect(plan(release('b', 10), half, config, all)).toEqual([]);
    expect(plan(release('b', 50), half, config, all)).toEqual([{ kind: 'switch', number: 2, from: 1, percent: 50 }]);
  });

  test('is promoted, and rolled back, by one switch', () => {
    expect(plan({ kind: 'live', number: 2 }, half, config, all)).toEqual([{ kind: 'switch', number: 2, from: 1 }]);
    expect(plan({ kind: 'live', number: 1 }, half, config, all)).toEqual([{ kind: 'switch', number: 1, from: 1 }]);
  });

  test('ends when the live release is deployed again', () =>
    expect(plan(release('a'), half, config, all)).toEqual([{ kind: 'switch', number: 1, from: 1 }]));
});

test('a rollback is one switch; to what is live already nothing; to what is not there an error that lists the rest', () => {
  expect(plan({ kind: 'live', number: 1 }, live(2, ['a', 'b']), config, all)).toEqual([{ kind: 'switch', number: 1, from: 2 }]);
  expect(plan({ kind: 'live', number: 2 }, live(2, ['a', 'b']), config, all)).toEqual([]);
  expect(() => plan({ kind: 'live', number: 7 }, live(2, ['a', 'b']), config, all)).toThrow('There is no release 7 of heart.');
});

test('a removal lists what goes', () => {
  expect(plan({ kind: 'absent' }, live(2, ['a', 'b']), config, all)).toEqual([
    {
      kind: 'remove',
      name: 'heart',
      releases: [1, 2],
      also: [
        'the endpoint https://u.example/',
        'the role mlfn-heart-eu-west-1',
        'the log group /aws/lambda/heart with its lines',
        'its objects, and layers that no other function uses',
      ],
    },
  ]);
  expect(plan({ kind: 'absent' }, null, config, nothing)).toEqual([]);
});
