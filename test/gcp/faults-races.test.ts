/** Several commands at once, each from a machine of its own, operations that never end, builds that fail: every release is whole. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultsLab, NOTHING } from './faults-lab.ts';

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  let lab: FaultsLab;
  beforeAll(async () => {
    lab = await FaultsLab.open(mode);
  });
  afterAll(async () => lab?.close());

  const args = (folder: string, word: string, more: string[] = []) => ['deploy', lab.app(folder, word), '--name', 'race', ...more];
  const live = async () => (await lab.mlfn(['status', 'race'])).functions[0] as { live: number; url: string; releases: { number: number }[] };

  test('two deploys at once: two releases, both whole, the later one live', async () => {
    await lab.mlfn(args('one', 'first'));
    const both = await Promise.all([lab.mlfn(args('one', 'a'), { home: 'home-1' }), lab.mlfn(args('two', 'b'), { home: 'home-2' })]);
    expect(both.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
    const words = [];
    for (const release of ['2', '3']) words.push((await lab.mlfn(['invoke', 'race', '--release', release, '--data', '{}'])).body.word);
    expect(words.toSorted()).toEqual(['a', 'b']);
    const now = await live();
    expect([now.live, now.releases.map(({ number }) => number)]).toEqual([3, [1, 2, 3]]);
    expect((await lab.ask(now.url)).text).toBe(`200 ${words[1]}`);
  });

  test('a rollback during a deploy is done at once, and the deploy then goes live', async () => {
    const held = lab.gcp.hold({ operation: mode === 'run' ? 'run:UpdateService' : 'functions:UpdateFunction' }, 'answer');
    const deploying = lab.mlfn(args('one', 'next'), { home: 'home-1' });
    await held.reached;
    const back = await lab.mlfn(['rollback', 'race', '--to', '1'], { home: 'home-2' });
    expect(back).toMatchObject({ status: 'rolled-back', live: 1 });
    expect((await lab.ask(back.url)).text).toBe('200 first');
    held.release();
    const done = await deploying;
    expect(done).toMatchObject({ live: 4 });
    expect(await lab.ask(done.url)).toEqual({ text: '200 next', release: '4' });
  });

  test('a canary shares the traffic, a rollback ends it, and a later deploy has all of it', async () => {
    const shared = await lab.mlfn(args('one', 'canary', ['--canary', '50']));
    expect(shared).toMatchObject({ live: 4, canary: { number: 5, percent: 50 } });
    const heard = new Set<string>();
    for (let index = 0; index < 20; index++) heard.add((await lab.ask(shared.url)).text);
    expect([...heard].toSorted()).toEqual(['200 canary', '200 next']);
    expect(await lab.mlfn(['rollback', 'race'])).toMatchObject({ live: 4 });
    await lab.mlfn(args('one', 'after'));
    for (let index = 0; index < 10; index++) expect((await lab.ask(shared.url)).text).toBe('200 after');
  });

  test('a release that does not start is told, and leaves nothing', async () => {
    const before = (await lab.inventory('race')).keys;
    const broken = lab.app('bad', '', 'raise RuntimeError("no luck")\n\ndef answer(payload):\n    return 1\n');
    // functions-framework opens its port before it has loaded anything: there the check finds it.
    const [exit, code] = mode === 'run' ? [5, 'GCP_NOT_STARTING'] : [6, 'VERIFY_UNHEALTHY'];
    const failed = await lab.mlfn(['deploy', broken, '--name', 'race'], { code: exit });
    expect(failed.error.code).toBe(code);
    if (mode === 'run') expect(failed.error.message).toContain('RuntimeError: no luck');
    expect((await lab.ask((await live()).url)).text).toBe('200 after');
    expect((await lab.inventory('race')).keys).toEqual(before);
  });

  test('a delete during a deploy is said, and nothing half is left', async () => {
    const held = lab.gcp.hold({ operation: mode === 'run' ? 'run:UpdateService' : 'functions:GenerateUploadUrl' }, 'request');
    const deploying = lab.begin(lab.on(args('one', 'late')), { home: 'home-1' }).done;
    await held.reached;
    await lab.mlfn(['delete', 'race', '--yes'], { home: 'home-2' });
    held.release();
    const { code, stdout } = await deploying;
    expect([code, JSON.parse(stdout).error.code]).toEqual([5, 'GCP_GONE']);
    expect(await lab.inventory()).toEqual(NOTHING);
  });
});

describe('a build', () => {
  let lab: FaultsLab;
  beforeAll(async () => {
    lab = await FaultsLab.open('function');
  });
  afterAll(async () => lab?.close());

  test('that fails is told by the few lines that matter, and leaves nothing', async () => {
    lab.gcp.world.failingBuilds.add('made');
    const failed = await lab.mlfn(['deploy', lab.app('made', 'one'), '--name', 'made'], { code: 5 });
    expect(failed.error.code).toBe('GCP_BUILD');
    const { lines } = failed.error.details as { lines: string[] };
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(failed.error.hint).toContain('cloud-build/builds');
    expect(await lab.inventory()).toEqual(NOTHING);
  });

  test('that fails later leaves the live release, and the next deploy is made of its own source', async () => {
    const { url } = await lab.mlfn(['deploy', lab.app('made', 'one'), '--name', 'made']);
    lab.gcp.world.failingBuilds.add('made');
    await lab.mlfn(['deploy', lab.app('made', 'two'), '--name', 'made'], { code: 5 });
    expect((await lab.ask(url)).text).toBe('200 one');
    expect(await lab.mlfn(['deploy', lab.app('made', 'three'), '--name', 'made'])).toMatchObject({ status: 'deployed' });
    expect((await lab.ask(url)).text).toBe('200 three');
  });

  test('of the same package is not made again: changed settings send nothing', async () => {
    lab.gcp.clear();
    expect(await lab.mlfn(['deploy', lab.app('made', 'three'), '--name', 'made', '--timeout', '20'])).toMatchObject({ status: 'deployed' });
    expect(lab.gcp.calls.map(({ name }) => name)).not.toContain('upload:PUT');
  });
});
