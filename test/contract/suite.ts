/**
 * What every target must do, whatever it is: the same cases run against each provider through the real pipeline.
 * A plain Python function is the artifact, so that no wheel is needed and every step is the target's own.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context, Event } from '../../src/events.ts';
import { deploy, type DeployRequest, draftFor, formsFor, type FormRequest, packedAs, planOf, remove, rollback } from '../../src/pipeline.ts';
import { suppliesOf } from '../../src/pipeline/supplies.ts';
import { openTarget, type Target } from '../../src/providers/index.ts';
import type { Done, ReleaseDraft, Step, Want } from '../../src/providers/provider.ts';
import type { Call, RuntimeSettings } from '../../src/live.ts';

export interface Subject {
  target: string;
  /** The target's section of the configuration. */
  section: unknown;
  /** How packages go to it, where it is not as `auto` chooses. */
  packages?: Pick<FormRequest, 'package' | 'base'>;
  /** Called once at the end, with the context the suite used. */
  close(ctx: Context): Promise<void>;
}

const SETTINGS: RuntimeSettings = { memory: 256, timeout: 10, concurrency: 2, idle: 60, env: {} };

export function contractSuite(open: () => Promise<Subject>): void {
  let subject: Subject;
  let target: Target;
  let ctx: Context;
  let folder: string;
  const events: Event[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'mlfn-contract-'));
    const root = path.join(folder, 'home');
    const home = { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') };
    await Promise.all([mkdir(home.cache, { recursive: true }), mkdir(home.local, { recursive: true })]);
    ctx = { emit: (event) => events.push(event), signal: new AbortController().signal, env: process.env, cwd: folder, home };
    subject = await open();
    target = await openTarget(subject.target, subject.section);
  });

  afterAll(async () => {
    await subject?.close(ctx);
    await rm(folder, { recursive: true, force: true });
  });

  /** Writes a function that answers `word`, and asks for its deploy as `name`. */
  async function request(name: string, word: string, more: Partial<DeployRequest> = {}): Promise<DeployRequest> {
    const own = path.join(folder, name);
    await mkdir(own, { recursive: true });
    await writeFile(path.join(own, 'app.py'), `def answer(payload):\n    return {"word": ${JSON.stringify(word)}, "got": payload}\n`);
    const base = { name, model: `${path.join(own, 'app.py')}:answer`, target: subject.target, targetConfig: subject.section };
    return { ...base, ...subject.packages, settings: SETTINGS, trust: false, dryRun: false, ...more };
  }

  async function packed(asked: DeployRequest) {
    const [form = 'zip'] = formsFor(target, asked.package);
    const made = (await packedAs(ctx, target, form, asked))!;
    made.close();
    return made;
  }

  async function draft(name: string, word: string, settings = SETTINGS): Promise<ReleaseDraft> {
    const made = await packed(await request(name, word));
    return draftFor(ctx, target, name, { ...made, settings });
  }

  const post = (body: unknown): Call => ({
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });

  async function ask(name: string, body: unknown, release: number | null = null): Promise<{ word: string; got: unknown }> {
    const answer = await target.provider.invoke(ctx, target.config, name, release, post(body));
    expect(answer.status).toBe(200);
    return JSON.parse(new TextDecoder().decode(answer.body));
  }

  const observe = (name: string) => target.provider.observe(ctx, target.config, name);
  const plan = async (name: string, want: Want) => (await planOf(ctx, target, name, want)).steps;
  /** What a target needs below its releases is its own. */
  const kinds = (steps: Step[]) => steps.map((step) => step.kind).filter((kind) => kind !== 'ensure');

  describe('a life', () => {
    test('nothing is there before the first deploy', async () => {
      expect(await observe('life')).toBeNull();
      const steps = kinds(await plan('life', { kind: 'release', draft: await draft('life', 'one') }));
      // A function without packages has no dependency part to store where that is a thing of its own.
      expect([...new Set(steps)]).toEqual(['store', 'publish', 'verify', 'switch']);
    });

    test('a dry run changes nothing', async () => {
      const planned = await deploy(ctx, await request('life', 'one', { dryRun: true }));
      expect(planned.status).toBe('planned');
      expect(await observe('life')).toBeNull();
    });

    test('the first deploy answers', async () => {
      const done = await deploy(ctx, await request('life', 'one'));
      expect(done).toMatchObject({ status: 'deployed', before: null, live: 1 });
      expect(await ask('life', { a: [1, null, 'é'] })).toEqual({ word: 'one', got: { a: [1, null, 'é'] } });
    });

    test('the same again is up to date', async () => {
      const done = await deploy(ctx, await request('life', 'one'));
      expect(done).toMatchObject({ status: 'up-to-date', steps: [], live: 1 });
      expect((await observe('life'))?.releases).toHaveLength(1);
    });

    test('a changed model stores only what it is in', async () => {
      const steps = await plan('life', { kind: 'release', draft: await draft('life', 'two') });
      expect(steps.filter((step) => step.kind === 'store').map((step) => step.part)).toEqual([subject.packages?.package === 'image' ? 'image' : 'function']);
    });

    test('changed settings store nothing and publish', async () => {
      const changed = await draft('life', 'one', { ...SETTINGS, memory: 512 });
      const steps = kinds(await plan('life', { kind: 'release', draft: changed }));
      expect(steps).not.toContain('store');
      expect(steps).toContain('publish');
    });

    test('the second release takes over, the first can still be asked', async () => {
      expect(await deploy(ctx, await request('life', 'two'))).toMatchObject({ before: 1, live: 2 });
      expect((await ask('life', {})).word).toBe('two');
      expect((await ask('life', {}, 1)).word).toBe('one');
    });

    test('a line answers as a call does, of the live release and of another, several at once', async () => {
      for (const [release, word] of [[null, 'two'], [1, 'one']] as const) {
        const line = await target.provider.line(ctx, target.config, 'life', release);
        const answers = await Promise.all([1, 2, 3].map((got) => line.call(post({ got }))));
        line.close();
        expect(answers.map(({ status, body }) => [status, JSON.parse(new TextDecoder().decode(body))])).toEqual([1, 2, 3].map((got) => [200, { word, got: { got } }]));
        for (const { durationMs } of answers) expect(durationMs).toBeGreaterThan(0);
      }
    });

    test('rollback is one switch', async () => {
      expect(kinds(await plan('life', { kind: 'live', number: 1 }))).toEqual(['switch']);
      expect(await rollback(ctx, { ...(await request('life', 'two')), to: undefined })).toMatchObject({ before: 2, live: 1 });
      expect((await ask('life', {})).word).toBe('one');
    });

    test('rollback to a release that is not there names those that are', async () => {
      await expect(rollback(ctx, { ...(await request('life', 'two')), to: 9 })).rejects.toMatchObject({
        code: 'RELEASE_UNKNOWN',
        hint: expect.stringContaining('1, 2'),
      });
    });

    test('an earlier package deployed again becomes live again', async () => {
      expect((await deploy(ctx, await request('life', 'two'))).status).toBe('deployed');
      expect((await ask('life', {})).word).toBe('two');
    });

    test('the list has it, and removing it leaves nothing', async () => {
      expect((await target.provider.list(ctx, target.config)).map((each) => each.name)).toContain('life');
      expect((await remove(ctx, await request('life', 'two'))).status).toBe('removed');
      expect(await observe('life')).toBeNull();
      await expect(remove(ctx, await request('life', 'two'))).rejects.toMatchObject({ code: 'FUNCTION_UNKNOWN' });
    });
  });

  describe('faults', () => {
    test('a candidate that fails its check leaves the live release and nothing else', async () => {
      await deploy(ctx, await request('fault', 'good'));
      const bad = await request('fault', 'bad');
      await writeFile(bad.model.slice(0, -':answer'.length), 'def answer(payload):\n    raise RuntimeError("no")\n');
      const sample = path.join(folder, 'sample.json');
      await writeFile(sample, '{"a": 1}');
      await expect(deploy(ctx, { ...bad, sample })).rejects.toThrow();
      expect((await ask('fault', {})).word).toBe('good');
      expect((await observe('fault'))?.releases.map((release) => release.number)).toEqual([1]);
      await remove(ctx, bad);
    });

    test('a deploy that stops after any step is finished by the next', async () => {
      await deploy(ctx, await request('killed', 'old'));
      const wanted = await request('killed', 'new');
      const made = await packed(wanted);
      const draftNew = await draftFor(ctx, target, 'killed', { ...made, settings: SETTINGS });
      const steps = await plan('killed', { kind: 'release', draft: draftNew });
      const upTo = steps.findIndex((step) => step.kind === 'verify');
      // Everything before the check has happened, and the process is gone.
      let done: Done = { name: 'killed', draft: draftNew, supplies: suppliesOf(ctx, target, made) };
      for (const step of steps.slice(0, upTo)) done = await target.provider.apply(ctx, target.config, step, done);
      expect((await ask('killed', {})).word).toBe('old');
      expect(await deploy(ctx, wanted)).toMatchObject({ status: 'deployed' });
      expect((await ask('killed', {})).word).toBe('new');
      expect((await observe('killed'))?.releases.filter((release) => release.digest === draftNew.digest)).toHaveLength(1);
      await remove(ctx, wanted);
    });

    test('two deploys at once get two numbers, and one of them is live', async () => {
      await deploy(ctx, await request('race', 'zero'));
      const one = await request('race', 'one');
      const two = await request('race-b', 'two');
      const both = await Promise.all([deploy(ctx, one), deploy(ctx, { ...two, name: 'race' })]);
      expect(both.map((done) => done.status)).toEqual(['deployed', 'deployed']);
      const after = await observe('race');
      expect(after?.releases.map((release) => release.number)).toEqual([1, 2, 3]);
      expect([2, 3]).toContain(after?.live);
      const word = (await ask('race', {})).word;
      expect(word).toBe((await ask('race', {}, after?.live ?? 0)).word);
      await remove(ctx, one);
    });
  });
}
