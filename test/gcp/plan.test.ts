/** The plans of the Google Cloud target, as data: what is wanted and what is there, to steps. */
import { describe, expect, test } from 'vitest';
import { configSchema, type GcpConfig } from '../../src/providers/gcp/config.ts';
import { plan } from '../../src/providers/gcp/plan.ts';
import { releaseSettings } from '../../src/providers/gcp/settings.ts';
import type { Ground } from '../../src/providers/gcp/survey.ts';
import type { ReleaseDraft, Step } from '../../src/providers/provider.ts';
import type { Live, Release } from '../../src/live.ts';

type Mode = GcpConfig['mode'];

const configOf = (mode: Mode, more: object = {}) => configSchema.parse({ mode, ...more });

function draft(config: GcpConfig, digest: string, more: Partial<ReleaseDraft> = {}): ReleaseDraft {
  return {
    schema: 1,
    function: 'heart',
    digest,
    artifacts: { dependencies: 'd', function: 'f', model: digest },
    sizes: { dependencies: 0, function: 0, model: 1 },
    model: { file: 'model.joblib', size: 1, digest, framework: null, format: 'joblib' },
    lock: { digest: 'l', python: '3.12', source: 'environment' },
    engine: 'native',
    settings: { memory: 1024, timeout: 30, concurrency: 2, idle: 300, env: {} },
    targetSettings: { ...releaseSettings(config, config.mode === 'image' ? 'image' : 'zip') },
    by: 'a test',
    commit: null,
    ...more,
  };
}

function live(config: GcpConfig, current: number | null, digests: string[], more: Partial<Live> = {}): Live {
  const releases = digests.map((digest, index): Release => {
    const verification = { method: 'health', compared: 0, largestDifference: null, coldMs: null, warmMs: null } as const;
    return { ...draft(config, digest), number: index + 1, createdAt: '2026-01-01T00:00:00Z', verification, sample: null };
  });
  return { name: 'heart', target: 'gcp', url: 'https://heart.example', live: current, releases, ...more };
}

const account = { email: 'mlfn-heart@p.iam.gserviceaccount.com', own: false, exists: true, allowed: true };
const bucket = { name: 'mlfn-p-europe-west1', exists: true, own: true, drift: [] };

function nothing(mode: Mode): Ground {
  const build = { ...account, email: 'mlfn-build@p.iam.gserviceaccount.com', exists: false, allowed: false };
  return {
    bucket: { ...bucket, exists: false },
    account: { ...account, exists: false, allowed: false },
    build: mode === 'function' ? build : null,
    access: null,
    kind: null,
    adopted: false,
    stored: [],
    images: null,
    repository: null,
    imaged: false,
    runtimes: mode === 'function' ? ['python312', 'python313'] : null,
  };
}

function all(mode: Mode): Ground {
  const isFunction = mode === 'function';
  return {
    bucket,
    account,
    build: isFunction ? { ...account, email: 'mlfn-build@p.iam.gserviceaccount.com' } : null,
    access: { members: [], ours: [] },
    kind: isFunction ? 'function' : 'service',
    adopted: false,
    stored: ['function'],
    images: isFunction ? { repository: 'gcf-artifacts', cleaned: true } : null,
    repository: null,
    imaged: false,
    runtimes: isFunction ? ['python312', 'python313'] : null,
  };
}

/** `create bucket`, `store function`, `switch`, ... */
function short(steps: Step[]): string[] {
  return steps.map((step) => {
    if (step.kind === 'ensure') return `${step.change} ${step.resource}`;
    if (step.kind === 'store') return `store ${step.part}`;
    return step.kind;
  });
}

const code = (act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  const config = configOf(mode);
  const release = (digest: string, canary?: number) => ({ kind: 'release' as const, draft: draft(config, digest), canary });
  const building = mode === 'function' ? ['create build service account'] : [];

  test('a first deploy makes everything, and lets nobody in before the release was checked', () => {
    const open = configOf(mode, { public: true });
    expect(short(plan({ kind: 'release', draft: draft(open, 'a') }, null, open, nothing(mode)))).toEqual([
      'create bucket', 'create service account', ...building, 'store function', 'store model', 'publish', 'verify', 'switch', 'create access',
    ]);
  });

  test('a first deploy that is closed lets nobody in at all', () =>
    expect(short(plan(release('a'), null, config, nothing(mode))).filter((each) => each.endsWith('access'))).toEqual([]));

  test('with a service account of the user makes none', () => {
    const own = configOf(mode, { serviceAccount: 'ml@p.iam.gserviceaccount.com' });
    const ground = { ...nothing(mode), account: { ...account, own: true } };
    expect(short(plan({ kind: 'release', draft: draft(own, 'a') }, null, own, ground))).not.toContain('create service account');
  });

  test('nothing changed is nothing to do', () => expect(plan(release('a'), live(config, 1, ['a']), config, all(mode))).toEqual([]));

  test('a changed model sends the model alone', () =>
    expect(short(plan(release('b'), live(config, 1, ['a']), config, all(mode)))).toEqual(['store model', 'publish', 'verify', 'switch']));

  test('changed settings send nothing', () => {
    const changed = draft(config, 'c', { settings: { memory: 2048, timeout: 30, concurrency: 2, idle: 300, env: {} } });
    const ground: Ground = { ...all(mode), stored: ['function', 'model'] };
    expect(short(plan({ kind: 'release', draft: changed }, live(config, 1, ['a']), config, ground))).toEqual(['publish', 'verify', 'switch']);
  });

  test('a canary gets its share, and the rest stays', () => {
    const steps = plan(release('b', 10), live(config, 1, ['a']), config, all(mode));
    expect(steps.at(-1)).toEqual({ kind: 'switch', number: null, from: 1, percent: 10 });
  });

  test('a rollback and a promotion are one step', () => {
    const there = live(config, 2, ['a', 'b'], { canary: { number: 2, percent: 10 } });
    expect(plan({ kind: 'live', number: 1 }, { ...there, live: 1 }, config, all(mode))).toEqual([{ kind: 'switch', number: 1, from: 1 }]);
    expect(plan({ kind: 'live', number: 2 }, { ...there, live: 1 }, config, all(mode))).toEqual([{ kind: 'switch', number: 2, from: 1 }]);
    expect(code(() => plan({ kind: 'live', number: 7 }, there, config, all(mode)))).toBe('RELEASE_UNKNOWN');
  });

  test('opened and closed again without a release', () => {
    const open = configOf(mode, { public: true });
    expect(short(plan({ kind: 'release', draft: draft(open, 'a') }, live(config, 1, ['a']), open, all(mode)))).toEqual(['update access']);
    const ground: Ground = { ...all(mode), access: { members: ['allUsers'], ours: [] } };
    expect(short(plan(release('a'), live(config, 1, ['a']), config, ground))).toEqual(['update access']);
  });

  test('what a hand has changed is mended', () => {
    const ground: Ground = { ...all(mode), bucket: { ...bucket, drift: ['not uniform'] }, account: { ...account, allowed: false } };
    expect(short(plan(release('a'), live(config, 1, ['a']), config, ground))).toEqual(['update bucket', 'update service account']);
  });

  test('the eleventh release prunes, and so does what a hand has left', () => {
    const ten = Array.from({ length: 10 }, (_, index) => String.fromCharCode(97 + index));
    expect(short(plan(release('z'), live(config, 10, ten), config, all(mode))).at(-1)).toBe('prune');
    expect(short(plan(release('a'), live(config, 1, ['a'], { untidy: true }), config, all(mode)))).toEqual(['prune']);
  });

  test('a removal names all that goes', () => {
    const ground: Ground = { ...all(mode), images: mode === 'function' ? { repository: 'gcf-artifacts', cleaned: true } : null };
    const [step] = plan({ kind: 'absent' }, live(config, 1, ['a']), config, ground);
    expect(step).toMatchObject({ kind: 'remove', name: 'heart', releases: [1] });
    const also = (step as Extract<Step, { kind: 'remove' }>).also.join('; ');
    for (const each of [mode === 'run' ? 'Cloud Run service heart' : 'Cloud Function heart', account.email, 'https://heart.example']) expect(also).toContain(each);
    expect(plan({ kind: 'absent' }, null, config, ground)).toEqual([]);
  });

  test('what is there in the other mode stays as it is', () => {
    const other = mode === 'run' ? 'function' : 'run';
    expect(code(() => plan(release('b'), live(config, 1, ['a']), config, { ...all(mode), kind: other === 'run' ? 'service' : 'function' }))).toBe('GCP_MODE');
  });

  test.each([
    ['concurrency below one CPU', { cpu: 0.5 }, { concurrency: 2, memory: 512 }, 'GCP_SETTING'],
    ['one request at a time below one CPU', { cpu: 0.5 }, { concurrency: 1, memory: 512 }, null],
    ['more memory than the CPU has', { cpu: 1 }, { memory: 8192 }, 'GCP_SETTING'],
    ['less memory than the CPUs need', { cpu: 4 }, { memory: 1024 }, 'GCP_SETTING'],
    ['more instances at least than at most', { minInstances: 5, maxInstances: 2 }, {}, 'GCP_SETTING'],
  ])('%s is refused before anything is made', (_, section, settings, expected) => {
    const tried = configOf(mode, section);
    const base = { memory: 1024, timeout: 30, concurrency: 2, idle: 300, env: {} };
    const wanted = draft(tried, 'a', { settings: { ...base, ...settings } });
    expect(code(() => plan({ kind: 'release', draft: wanted }, null, tried, nothing(mode)))).toBe(expected);
  });

  test.each([
    ['x'.repeat(42), 'GCP_NAME'],
    ['heart-', 'GCP_NAME'],
    ['x'.repeat(41), null],
  ])('the name %s', (name, expected) => {
    expect(code(() => plan({ kind: 'release', draft: draft(config, 'a', { function: name }) }, null, config, nothing(mode)))).toBe(expected);
  });
});

test('a runtime that the region does not have is refused before a build', () => {
  const config = configOf('function');
  const old = draft(config, 'a', { lock: { digest: 'l', python: '3.11', source: 'environment' } });
  expect(code(() => plan({ kind: 'release', draft: old }, null, config, nothing('function')))).toBe('GCP_SETTING');
});

test('images are cleaned up once there are some', () => {
  const config = configOf('function');
  const ground: Ground = { ...all('function'), images: { repository: 'gcf-artifacts', cleaned: false } };
  expect(short(plan({ kind: 'release', draft: draft(config, 'b') }, live(config, 1, ['a']), config, ground))).toContain('update images');
});

describe('images', () => {
  const config = configOf('image');
  const image = { digest: `sha256:${'1'.repeat(64)}`, size: 1, base: { name: 'oci:base', digest: `sha256:${'2'.repeat(64)}` } };
  const want = { kind: 'release' as const, draft: { ...draft(config, 'b', { artifacts: { dependencies: 'd', function: 'f' } }), image } };
  const there = { ...all('run'), stored: [], repository: { name: 'mlfn', exists: true, drift: [] } };

  test('a repository comes before what is sent to it, and only where there is none', () => {
    const ground = { ...nothing('run'), repository: { name: 'mlfn', exists: false, drift: [] } };
    expect(short(plan(want, null, config, ground))).toEqual(['create bucket', 'create service account', 'create repository', 'store image', 'publish', 'verify', 'switch']);
    expect(short(plan(want, null, config, there))).toEqual(['store image', 'publish', 'verify', 'switch']);
    expect(plan(want, null, config, there)[0]).toMatchObject({ digest: '1'.repeat(64) });
  });

  test('an image that is there is not stored, and policies that somebody took away come back', () => {
    const ground = { ...there, stored: ['image' as const], repository: { name: 'mlfn', exists: true, drift: ['mlfn-keep'] } };
    expect(short(plan(want, null, config, ground))).toEqual(['update repository', 'publish', 'verify', 'switch']);
  });

  test('a service of archives takes images, a function does not', () => {
    const archives = live(configOf('run'), 1, ['a']);
    expect(short(plan(want, archives, config, there))).toEqual(['store image', 'publish', 'verify', 'switch']);
    expect(code(() => plan(want, archives, config, { ...there, kind: 'function' }))).toBe('GCP_MODE');
  });

  test('a removal names them', () => {
    const [step] = plan({ kind: 'absent' }, live(config, 1, ['a']), config, { ...there, imaged: true });
    expect(step?.kind === 'remove' ? step.also : []).toContain('its images');
  });
});
