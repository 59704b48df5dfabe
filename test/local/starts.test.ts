import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provider } from '../../src/providers/local/index.ts';
import { Lab, readLogs, until } from './lab.ts';

describe('a model that does not start', () => {
  let lab: Lab;
  beforeAll(() => void (lab = new Lab()));
  afterAll(() => lab.close());

  test.each([
    ['raise', 'init-error', /no such model/, 502],
    ['exit', 'init-error', /exit code 7/, 502],
    ['sleep:600', 'init-timeout', /not loaded within 1 s/, 504],
  ])('%s', async (init, kind, message, status) => {
    const { draft, supplies } = lab.supply('heart', { settings: { timeout: 1, env: { LAB_INIT: init } } });
    const done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 1 }, { name: 'heart', supplies });
    const answer = await lab.ask('heart', {}, done.candidate!.number);
    expect(answer).toMatchObject({ status, json: { type: `urn:mlfn:${kind}`, detail: expect.stringMatching(message) } });
    await provider.discard(lab.ctx, lab.config, done);
    await until('nothing of it runs', () => readdirSync(lab.layout.workers).length === 0);
  });

  test('one that talks while it loads, and one that needs longer than the first ten seconds', async () => {
    await lab.deploy('talker', { settings: { env: { LAB_INIT: 'print' } } });
    expect((await lab.ask('talker', {})).json.version).toBe('one');
    expect((await readLogs(lab, 'talker')).map((line) => line.text)).toContain('a model that talks while it is loaded');
    await lab.deploy('slow', { settings: { timeout: 30, env: { LAB_INIT: 'sleep:11' } } });
    expect((await lab.ask('slow', {})).json.version).toBe('one');
    expect((await readLogs(lab, 'slow')).some((line) => line.text.startsWith('init-timeout'))).toBe(true);
  });

  test('an interpreter that is gone is named', async () => {
    const { draft, supplies } = lab.supply('lost', { interpreter: path.join(lab.root, 'no/python') });
    const done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 1 }, { name: 'lost', supplies });
    const { json, status } = await lab.ask('lost', {}, 1);
    expect(status).toBe(502);
    expect(json.detail).toMatch(/Python 3.12 \(.*no\/python\)/);
    await provider.discard(lab.ctx, lab.config, done);
  });
});
