import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { provider } from '../../src/providers/local/index.ts';
import type { LogLine } from '../../src/live.ts';
import { journalNumbers } from '../../src/providers/local/daemon/journal.ts';
import { functionFolder } from '../../src/providers/local/layout.ts';
import { Lab, until } from './lab.ts';
import { Load } from './load.ts';

let lab: Lab;
beforeEach(() => void (lab = new Lab()));
afterEach(() => lab.close());

test('a load through deploy, rollback and forward loses no request', async () => {
  const settings = { concurrency: 2 };
  const { live } = await lab.deploy('heart', { version: 'one', settings });
  const load = new Load(live.url, 8);
  await load.calls(200);
  await lab.deploy('heart', { version: 'two', settings });
  await load.calls(200);
  await lab.run('heart', { kind: 'live', number: 1 });
  await load.calls(200);
  for (const number of [2, 1, 2, 1]) await lab.run('heart', { kind: 'live', number });
  await load.calls(200);
  const { failures, releases, count } = await load.end();
  expect(failures).toEqual([]);
  expect([...releases.keys()].sort()).toEqual(['1', '2']);
  expect([...releases.values()].reduce((sum, each) => sum + each, 0)).toBe(count);
  await until('the old workers are gone', () => readdirSync(lab.layout.workers).length <= 2);
});

test('calls at work on the old release are answered by it', async () => {
  const settings = { concurrency: 2 };
  await lab.deploy('heart', { version: 'one', settings });
  const slow = Array.from({ length: 4 }, () => lab.ask('heart', { do: 'sleep', seconds: 1 }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await lab.deploy('heart', { version: 'two', settings });
  expect((await lab.ask('heart', {})).json.version).toBe('two');
  for (const answer of await Promise.all(slow)) expect(answer).toMatchObject({ status: 200, json: { version: 'one' } });
});

test('a release that cannot start does not become live', async () => {
  const settings = { timeout: 1, env: { LAB_INIT: 'raise' } };
  await lab.deploy('heart');
  const { draft, supplies } = lab.supply('heart', { version: 'bad', settings });
  const done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 2 }, { name: 'heart', supplies });
  const verification = { method: 'health', compared: 0, largestDifference: null, coldMs: null, warmMs: null } as const;
  const step = { kind: 'switch', number: null, from: 1 } as const;
  await expect(provider.apply(lab.ctx, lab.config, step, { ...done, verification })).rejects.toMatchObject({
    code: 'LOCAL_SWITCH_FAILED',
    message: expect.stringContaining('no such model'),
  });
  expect(await lab.ask('heart', {})).toMatchObject({ release: 1, json: { version: 'one' } });
});

test('logs are followed across rotation, to the end of the signal', async () => {
  await lab.deploy('heart');
  const folder = functionFolder(lab.layout, 'heart').logs;
  const stop = new AbortController();
  const seen: LogLine[] = [];
  const following = (async () => {
    for await (const line of provider.logs({ ...lab.ctx, signal: stop.signal }, lab.config, 'heart', { follow: true, lines: 5 })) seen.push(line);
  })();
  // 8 MB make a new file.
  for (let count = 0; count < 4; count++) expect((await lab.ask('heart', { do: 'spam', lines: 3000 })).status).toBe(200);
  await lab.ask('heart', { do: 'print', text: 'the last line' });
  await until('the last line is seen', () => seen.some((line) => line.text === 'the last line'));
  expect((await journalNumbers(folder)).length).toBeGreaterThan(1);
  expect(seen.filter((line) => line.text.startsWith('xxx'))).toHaveLength(12_000);
  stop.abort();
  await following;
  const last: LogLine[] = [];
  for await (const line of provider.logs(lab.ctx, lab.config, 'heart', { follow: false, lines: 3 })) last.push(line);
  expect(last).toHaveLength(3);
  expect(last.at(-1)!.text).toMatch(/^REPORT/);
  expect(readFileSync(lab.layout.daemonLog, 'utf8')).not.toContain('"error"');
});

test('pruning collects no object of a deploy that is storing', async () => {
  await lab.deploy('heart', { version: 'one' });
  const { draft, supplies } = lab.supply('other', { version: 'other', dependencies: { 'own.py': '' } });
  const step = { kind: 'store', part: 'dependencies', digest: draft.artifacts.dependencies } as const;
  await provider.apply(lab.ctx, lab.config, step, { name: 'other', supplies });
  const steps = Array.from({ length: 20 }, () => provider.apply(lab.ctx, lab.config, { kind: 'prune', keep: 10 }, { name: 'heart' }));
  await Promise.all([...steps, lab.deploy('other', { version: 'other', dependencies: { 'own.py': '' } })]);
  expect((await lab.ask('other', { do: 'script', code: 'import own; result = 1' })).json).toBe(1);
  expect((await lab.ask('heart', {})).status).toBe(200);
  expect(readdirSync(lab.layout.objects).filter((name) => name.startsWith('.'))).toEqual([]);
});
