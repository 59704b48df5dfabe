/**
 * The four ways of serving another model, on every target: a deploy in place, a release beside the live one and a switch,
 * a worker that looks every so often, and one that is told to look. The model is of a class of the user's own: no wheel.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context, Event } from '../../src/events.ts';
import { deploy, type DeployRequest, promote, reload, type ReloadRequest, remove, rollback, servedNow } from '../../src/pipeline.ts';
import { openTarget, type Target } from '../../src/providers/index.ts';
import type { RuntimeSettings } from '../../src/live.ts';
import { failure } from '../failure.ts';
import { python } from '../python.ts';
import type { Subject } from './suite.ts';

const CLASS = `import os

class Constant:
    def __init__(self, value, flaw=None):
        self.value = value
        self.flaw = flaw

    def predict(self, rows):
        if self.flaw == "broken":
            raise ValueError("no")
        elsewhere = self.flaw == "elsewhere" and ("AWS_LAMBDA_FUNCTION_NAME" in os.environ or "K_SERVICE" in os.environ)
        return [self.value + elsewhere for _ in rows]
`;
const SAVE = 'import pickle, sys, constant; pickle.dump(constant.Constant(float(sys.argv[1]), *sys.argv[3:]), open(sys.argv[2], "wb"))';
const NAME = 'update';
/** Shorter than mlfn.yaml takes, so that a test can wait for it. */
const SECONDS = 3;

/** @param canaries whether two releases can share the traffic */
export function updatingSuite(open: () => Promise<Subject>, { canaries }: { canaries: boolean }): void {
  let subject: Subject;
  let target: Target;
  let ctx: Context;
  let folder: string;
  const events: Event[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'mlfn-updating-'));
    const root = path.join(folder, 'home');
    const home = { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') };
    await Promise.all([mkdir(home.cache, { recursive: true }), mkdir(home.local, { recursive: true })]);
    subject = await open();
    ctx = { emit: (event) => events.push(event), signal: new AbortController().signal, env: process.env, cwd: folder, home };
    target = await openTarget(subject.target, subject.section);
    await writeFile(path.join(folder, 'constant.py'), CLASS);
    await writeFile(path.join(folder, 'sample.json'), '[[1.0], [2.0]]');
  });

  afterAll(async () => {
    await subject?.close(ctx);
    await rm(folder, { recursive: true, force: true });
  });

  function model(value: number, ...more: string[]): string {
    const file = path.join(folder, `model-${value}${more.join('')}.pickle`);
    execFileSync(python, ['-B', '-c', SAVE, String(value), file, ...more], { cwd: folder });
    return file;
  }

  const base = () => ({ ...subject.packages, name: NAME, target: subject.target, targetConfig: subject.section, code: folder, trust: true, dryRun: false });
  const settings = (reloads?: number): RuntimeSettings => ({ memory: 256, timeout: 10, concurrency: 2, idle: 60, env: {}, ...(reloads === undefined ? {} : { reload: reloads }) });
  const deployed = (file: string, more: Partial<DeployRequest> = {}) =>
    deploy(ctx, { ...base(), model: file, sample: path.join(folder, 'sample.json'), settings: settings(), ...more });
  const reloaded = (more: Partial<ReloadRequest>) => reload(ctx, { ...base(), undo: false, ...more });

  async function asked(): Promise<{ value: number; release: number; digest?: string }> {
    const body = new TextEncoder().encode('[[1.0]]');
    const call = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body };
    const answer = await target.provider.invoke(ctx, target.config, NAME, null, call);
    const { predictions, model: told } = JSON.parse(new TextDecoder().decode(answer.body));
    return { value: predictions[0], release: told.release, ...(told.digest === undefined ? {} : { digest: told.digest }) };
  }

  test('a deploy in place', async () => {
    expect(await deployed(model(1))).toMatchObject({ status: 'deployed', live: 1 });
    expect(await asked()).toEqual({ value: 1, release: 1 });
    expect(await deployed(model(2))).toMatchObject({ status: 'deployed', live: 2 });
    expect(await asked()).toEqual({ value: 2, release: 2 });
  });

  test('a release beside the live one, and a switch', async () => {
    if (canaries) {
      expect(await deployed(model(3), { canary: 10 })).toMatchObject({ live: 2, canary: { number: 3, percent: 10 } });
      expect(await promote(ctx, base())).toMatchObject({ status: 'promoted', live: 3 });
    } else {
      expect(await deployed(model(3))).toMatchObject({ live: 3 });
    }
    expect(await asked()).toEqual({ value: 3, release: 3 });
    expect(await rollback(ctx, base())).toMatchObject({ status: 'rolled-back', live: 2 });
    expect(await asked()).toEqual({ value: 2, release: 2 });
  });

  test('a release of a model that stays refuses another', async () => {
    const error = await failure(reloaded({ model: model(4) }));
    expect(error).toMatchObject({ code: 'RELOAD_OFF', hint: expect.stringContaining('--reload') });
  });

  test('a worker that is told to look', async () => {
    expect(await deployed(model(4), { settings: settings(0) })).toMatchObject({ live: 4, verification: { method: 'sample' } });
    const planned = await reloaded({ model: model(5), dryRun: true });
    expect(planned).toMatchObject({ status: 'planned', release: 4, model: { file: 'model-5.pickle' } });
    expect((await asked()).value).toBe(4);
    const done = await reloaded({ model: model(5) });
    expect(done).toMatchObject({ status: 'reloaded', release: 4, within: null, model: { file: 'model-5.pickle' }, before: { file: 'model-4.pickle' } });
    expect(await asked()).toEqual({ value: 5, release: 4, digest: done.model.sha256.slice(0, 16) });
    expect(await reloaded({})).toMatchObject({ status: 'unchanged' });
    expect((await asked()).value).toBe(5);
    const live = await target.provider.observe(ctx, target.config, NAME);
    expect(await servedNow(ctx, target, live!)).toMatchObject({ file: 'model-5.pickle', format: 'pickle' });
    events.length = 0;
    expect(await deployed(model(4), { settings: settings(0) })).toMatchObject({ status: 'up-to-date' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', text: expect.stringMatching(/^Release 4 serves model-5\.pickle/) }));
  });

  test('the way back, and back again', async () => {
    expect(await reloaded({ undo: true })).toMatchObject({ status: 'reloaded', model: { file: 'model-4.pickle' } });
    expect((await asked()).value).toBe(4);
    expect(await reloaded({ undo: true })).toMatchObject({ model: { file: 'model-5.pickle' } });
    expect((await asked()).value).toBe(5);
  });

  test('a model that fails its check is served to nobody', async () => {
    // It loads, and cannot answer the sample: neither at the endpoint nor by itself.
    expect(await failure(reloaded({ model: model(6, 'broken') }))).toMatchObject({ kind: 'config' });
    // This one answers otherwise where it is served than where it was made.
    expect(await failure(reloaded({ model: model(6, 'elsewhere') }))).toMatchObject({ kind: 'verify' });
    expect((await asked()).value).toBe(5);
    expect(await reloaded({})).toMatchObject({ status: 'unchanged', model: { file: 'model-5.pickle' } });
  });

  test('what needs other code is refused', async () => {
    await writeFile(path.join(folder, 'constant.py'), `${CLASS}\n# changed\n`);
    const error = await failure(reloaded({ model: model(6) }));
    await writeFile(path.join(folder, 'constant.py'), CLASS);
    expect(error).toMatchObject({ code: 'RELOAD_NEEDS_DEPLOY', hint: expect.stringContaining('mlfn deploy') });
    expect((await asked()).value).toBe(5);
  });

  test('of two at once both end, and one model is served', async () => {
    const ended = await Promise.allSettled([reloaded({ model: model(7) }), reloaded({ model: model(8) })]);
    const failed = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(failed.map(({ code }) => code).filter((code) => code !== 'RELOAD_OVERTAKEN')).toEqual([]);
    expect(failed.length).toBeLessThan(2);
    await reloaded({});
    expect([5, 7, 8]).toContain((await asked()).value);
  });

  test('a worker that looks every so often, though nobody tells it', async () => {
    expect(await deployed(model(1), { settings: settings(SECONDS) })).toMatchObject({ live: 5 });
    expect((await asked()).value).toBe(1);
    // As a bucket's owner does it: the model and the pointer, and no call of the endpoint.
    const store = await target.provider.models!(ctx, target.config, NAME);
    await reloaded({ model: model(2) });
    const found = await store.read(5);
    const { pointer, tag } = found!;
    expect(await store.write(5, { ...pointer, ...pointer.before!, before: null, nonce: 'nobody-names-it' }, tag)).toBe(true);
    expect(await store.write(5, pointer, tag)).toBe(false);
    await expect.poll(async () => (await asked()).value, { timeout: 30_000, interval: 500 }).toBe(1);
  });

  test('a rollback serves what that release was told to serve', async () => {
    expect(await rollback(ctx, { ...base(), to: 4 })).toMatchObject({ live: 4 });
    expect([5, 7, 8]).toContain((await asked()).value);
    expect(await rollback(ctx, { ...base(), to: 2 })).toMatchObject({ live: 2 });
    expect(await asked()).toEqual({ value: 2, release: 2 });
  });

  test('a removal leaves nothing', async () => {
    expect(await remove(ctx, base())).toMatchObject({ status: 'removed' });
    expect(await target.provider.observe(ctx, target.config, NAME)).toBeNull();
  });
}
