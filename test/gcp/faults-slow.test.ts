/** What does not end, and what ends too early: operations without an end, credentials that expire on the way, a revision that a hand deleted. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Point } from '../fakes/gcp/transport/gate.ts';
import { FaultsLab, NOTHING } from './faults-lab.ts';

/** A whole budget of waiting, in seconds. */
const HURRIED = { NODE_OPTIONS: `--import=${pathToFileURL(path.join(import.meta.dirname, 'fast-clock.mjs')).href}` };

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  let lab: FaultsLab;
  let url: string;
  let live: number;
  beforeAll(async () => {
    // A fast clock does not wait until an account is known.
    lab = await FaultsLab.open(mode, { accounts: 0 });
  });
  afterAll(async () => lab?.close());

  const deploy = (word: string) => ['deploy', lab.app('late', word), '--name', 'late'];
  const releases = async () => (await lab.inventory('late')).revisions.map((each) => Number(each.split(' ').at(-1)));
  const budget = mode === 'run' ? 300 : 900;

  /** The very deploy that failed, again: one release, live, and the only one that came. */
  const goesOn = async (word: string) => {
    const done = await lab.mlfn(deploy(word));
    expect(done).toMatchObject({ status: 'deployed', live: (live ?? 0) + 1 });
    expect(await lab.ask(done.url)).toEqual({ text: `200 ${word}`, release: String(done.live) });
    ({ url, live } = done);
    expect(await releases()).toEqual(Array.from({ length: live }, (_, index) => index + 1));
  };

  test('an operation of a first deploy that never ends: told with the budget, and the next deploy goes on', async () => {
    lab.gcp.world.operations.endless.add('late');
    const { error } = await lab.mlfn(deploy('one'), { code: 5, env: HURRIED });
    expect(error).toMatchObject({ code: 'GCP_SLOW', kind: 'remote', hint: expect.stringContaining('goes on from where it stopped') });
    expect(error.message).toMatch(new RegExp(`^Waited ${budget} s for .+, in vain\\.$`));
    lab.gcp.world.operations.endless.clear();
    await goesOn('one');
  });

  test('of a later one: the live release answers all the while', async () => {
    const caller = lab.call(url);
    lab.gcp.world.operations.endless.add('late');
    const { error } = await lab.mlfn(deploy('two'), { code: 5, env: HURRIED });
    expect(error).toMatchObject({ code: 'GCP_SLOW', message: expect.stringContaining(`Waited ${budget} s for `) });
    expect([...caller.answers.keys()]).toEqual(['200 one']);
    lab.gcp.world.operations.endless.clear();
    await goesOn('two');
    await caller.stop();
    expect([...caller.answers.keys()].toSorted()).toEqual(['200 one', '200 two']);
  });

  const points = {
    run: [
      ['before the release is made', { operation: 'run:UpdateService' }, 'three'],
      ['before it gets the traffic', { operation: 'run:UpdateService', nth: 2 }, 'four'],
    ],
    function: [['while it is made', { operation: 'functions:GetOperation' }, 'three']],
  }[mode] as [string, Point, string][];

  test.each(points)('credentials that expire %s: told as such, and the next deploy goes on', async (_, point, word) => {
    const was = await lab.ask(url);
    const held = lab.gcp.hold(point, 'request');
    const deploying = lab.mlfn(deploy(word), { code: 4 });
    await held.reached;
    lab.gcp.world.tokens.expireAll();
    lab.gcp.metadata.refusing = true;
    held.release();
    const { error } = await deploying;
    expect(error).toMatchObject({ kind: 'auth', code: expect.stringMatching(/^GCP_CREDENTIALS/) });
    expect(await lab.ask(url)).toEqual(was);
    lab.gcp.metadata.refusing = false;
    await goesOn(word);
  });

  test('a rollback whose operation never ends: told, and the same command again has it done', async () => {
    lab.gcp.world.operations.endless.add('late');
    const { error } = await lab.mlfn(['rollback', 'late', '--to', '1'], { code: 5, env: HURRIED });
    expect(error).toMatchObject({ code: 'GCP_SLOW', message: 'Waited 300 s for the traffic to be moved, in vain.' });
    lab.gcp.world.operations.endless.clear();
    expect(await lab.mlfn(['rollback', 'late', '--to', '1'])).toMatchObject({ live: 1 });
    expect((await lab.ask(url)).text).toBe('200 one');
  });

  test('a live revision that a hand has deleted: told at once what to do, and that does it', async () => {
    const service = lab.gcp.services.find(`projects/${lab.gcp.project}/locations/${lab.gcp.region}/services/late`);
    const [revision = '', held] = [...service.revisions].find(([each]) => service.routed(each).percent === 100) ?? [];
    service.revisions.delete(revision);
    await held?.instance?.stop();
    lab.gcp.clear();
    const { error } = await lab.mlfn(deploy('last'), { code: 5 });
    expect(error).toMatchObject({ code: 'GCP_LIVE_GONE', message: `Revision ${revision}, which has the traffic of late, was deleted.` });
    expect(error.hint).toContain(`mlfn rollback late --to ${live} `);
    // Not waited for.
    expect(lab.gcp.calls.filter(({ name }) => name === 'run:GetService').length).toBeLessThan(10);
    expect(lab.gcp.changes().filter((name) => name !== 'upload:PUT')).toEqual([]);
    expect(await lab.mlfn(['rollback', 'late', '--to', String(live)])).toMatchObject({ live });
    expect(await lab.mlfn(deploy('last'))).toMatchObject({ status: 'deployed', before: live });
    expect((await lab.ask(url)).text).toBe('200 last');
  });

  test('a delete whose answer got lost while it goes on: asked again until it is done', async () => {
    lab.gcp.world.operations.duration = 2000;
    lab.gcp.fault({ operation: mode === 'run' ? 'run:DeleteService' : 'functions:DeleteFunction' }, { kind: 'cut-after' });
    expect(await lab.mlfn(['delete', 'late', '--yes'])).toMatchObject({ status: 'removed' });
    expect(await lab.inventory()).toEqual(NOTHING);
  });
});
