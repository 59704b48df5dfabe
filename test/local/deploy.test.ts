import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provider } from '../../src/providers/local/index.ts';
import { Lab } from './lab.ts';

describe('deploy, replace, roll back, delete', () => {
  let lab: Lab;
  beforeAll(() => void (lab = new Lab()));
  afterAll(() => lab.close());

  test('the first deploy is live and answers', async () => {
    const { live, steps } = await lab.deploy('heart');
    expect(steps.map((step) => step.kind)).toEqual(['store', 'store', 'publish', 'verify', 'switch']);
    expect(live).toMatchObject({ name: 'heart', target: 'local', live: 1, candidates: [] });
    expect(live.releases[0]).toMatchObject({ number: 1, verification: { method: 'health' }, sample: null });
    expect(live.releases[0]!.verification.coldMs).toBeGreaterThan(0);
    const answer = await lab.ask('heart', {});
    expect(answer).toMatchObject({ status: 200, release: 1, json: { version: 'one' } });
    expect(answer.coldMs).toBeNull();
    const page = await fetch(live.url);
    expect(await page.json()).toMatchObject({ version: 'one' });
  });

  test('the same again is nothing to do', async () => {
    expect((await lab.deploy('heart')).steps).toEqual([]);
  });

  test('a changed model is release 2; its shared dependencies are not stored again', async () => {
    const { live, steps } = await lab.deploy('heart', { version: 'two' });
    expect(steps.map((step) => step.kind)).toEqual(['store', 'publish', 'verify', 'switch']);
    expect(live.live).toBe(2);
    expect((await lab.ask('heart', {})).json.version).toBe('two');
    expect(readdirSync(lab.layout.objects)).toHaveLength(3);
  });

  test('changed settings are a release without anything to store', async () => {
    const { steps, live } = await lab.deploy('heart', { version: 'two', settings: { memory: 300 } });
    expect(steps.map((step) => step.kind)).toEqual(['publish', 'verify', 'switch']);
    expect(live.live).toBe(3);
    expect((await lab.ask('heart', { do: 'script', code: 'import os; result = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]' })).json).toBe('300');
  });

  test('rollback is one switch, and the way forward another', async () => {
    const { steps } = await lab.run('heart', { kind: 'live', number: 1 });
    expect(steps).toEqual([{ kind: 'switch', number: 1, from: 3 }]);
    expect(await lab.ask('heart', {})).toMatchObject({ release: 1, json: { version: 'one' } });
    expect((await lab.run('heart', { kind: 'live', number: 3 })).live.live).toBe(3);
  });

  test('a candidate is asked beside the live release and taken back without a trace', async () => {
    const { draft, supplies } = lab.supply('heart', { version: 'bad' });
    const objects = readdirSync(lab.layout.objects);
    let done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 4 }, { name: 'heart', supplies });
    expect(done.candidate).toEqual({ number: 4 });
    expect(await lab.ask('heart', {}, 4)).toMatchObject({ release: 4, json: { version: 'bad' } });
    expect(await lab.ask('heart', {})).toMatchObject({ release: 3 });
    const seen = await provider.observe(lab.ctx, lab.config, 'heart');
    expect(seen!.candidates).toEqual([{ number: 4, digest: draft.digest, abandoned: false }]);
    expect(seen!.releases.map((release) => release.number)).toEqual([1, 2, 3]);
    await provider.discard(lab.ctx, lab.config, done);
    expect(readdirSync(lab.layout.objects)).toEqual(objects);
    expect(readdirSync(path.join(lab.layout.functions, 'heart/releases'))).toEqual(['1', '2', '3']);
    expect((await lab.ask('heart', {}, 4)).status).toBe(404);
  });

  test('a discarded first deploy leaves no function', async () => {
    const { draft, supplies } = lab.supply('brief', { version: 'brief' });
    const done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 1 }, { name: 'brief', supplies });
    await provider.discard(lab.ctx, lab.config, done);
    expect(await provider.observe(lab.ctx, lab.config, 'brief')).toBeNull();
    expect(readdirSync(lab.layout.functions)).toEqual(['heart']);
  });

  test('two deploys at once get two numbers', async () => {
    const results = await Promise.all([lab.deploy('twins', { version: 'a' }), lab.deploy('twins', { version: 'b' })]);
    expect(results.map((result) => result.done.candidate!.number).sort()).toEqual([1, 2]);
    const live = await provider.observe(lab.ctx, lab.config, 'twins');
    expect(live!.releases.map((release) => release.number)).toEqual([1, 2]);
    const versions = ['a', 'b'];
    const answer = await lab.ask('twins', {});
    expect(versions[results.findIndex((result) => result.done.candidate!.number === answer.release)]).toBe(answer.json.version);
  });

  test('list knows every function', async () => {
    expect((await provider.list(lab.ctx, lab.config)).map((each) => each.name)).toEqual(['heart', 'twins']);
  });

  test('prune keeps ten and the live one, and collects what nothing names', async () => {
    await lab.deploy('many', { version: 'first' });
    for (let count = 2; count <= 12; count++) await lab.deploy('many', { version: 'first', settings: { memory: 128 + count } });
    const seen = await provider.observe(lab.ctx, lab.config, 'many');
    expect(seen!.releases.map((release) => release.number)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await lab.run('many', { kind: 'live', number: 3 });
    await provider.apply(lab.ctx, lab.config, { kind: 'prune', keep: 2 }, { name: 'many' });
    const kept = await provider.observe(lab.ctx, lab.config, 'many');
    expect(kept!.releases.map((release) => release.number)).toEqual([3, 11, 12]);
    expect((await lab.ask('many', {})).release).toBe(3);
  });

  test('delete leaves nothing of the function, and everything of the others', async () => {
    const answer = await lab.ask('twins', {});
    const { steps, live } = await lab.run('twins', { kind: 'absent' });
    expect(steps).toEqual([{ kind: 'remove', name: 'twins', releases: [1, 2], also: [] }]);
    expect(live).toBeNull();
    expect((await lab.ask('twins', {})).status).toBe(404);
    expect(() => process.kill(answer.json.pid, 0)).toThrow();
    expect(readdirSync(lab.layout.functions)).toEqual(['heart', 'many']);
    expect((await lab.ask('heart', {})).status).toBe(200);
    await lab.run('many', { kind: 'absent' });
    expect(readdirSync(lab.layout.objects)).toHaveLength(3);
    expect(await lab.run('twins', { kind: 'absent' })).toMatchObject({ steps: [] });
  });

  test.skipIf(process.platform === 'win32')('the token is its owner’s only, and packages are not to be written', () => {
    expect(statSync(lab.layout.daemonFile).mode & 0o777).toBe(0o600);
    const object = path.join(lab.layout.objects, readdirSync(lab.layout.objects)[0]!);
    expect(statSync(object).mode & 0o222).toBe(0);
    expect(readFileSync(lab.layout.daemonLog, 'utf8').trim().split('\n').map((line) => JSON.parse(line).text)).toContain('serving');
  });
});
