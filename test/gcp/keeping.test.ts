/** What is kept: ten releases and whatever has traffic. What goes: candidates that nobody has been at for an hour. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../src/events.ts';
import { deploy, promote, rollback } from '../../src/pipeline.ts';
import { FaultsLab } from './faults-lab.ts';

let lab: FaultsLab;
beforeAll(async () => {
  // Known at once: a first service is made by the first call for it.
  lab = await FaultsLab.open('run', { accounts: 0 });
});
afterAll(async () => lab?.close());

/** As another command finds it two hours later. */
async function age(name: string, number: number): Promise<void> {
  const { project, region, storage } = lab.gcp;
  const bucket = `${storage.env['STORAGE_EMULATOR_HOST']}/storage/v1/b/mlfn-${project}-${region}/o`;
  const key = `functions/${name}/releases/${String(number).padStart(6, '0')}.json`;
  const record = (await (await fetch(`${bucket}/${encodeURIComponent(key)}?alt=media`)).json()) as { createdAt: string };
  const createdAt = new Date(Date.parse(record.createdAt) - 2 * 3_600_000).toISOString();
  const answer = await fetch(`${bucket.replace('/storage/', '/upload/storage/')}?uploadType=media&name=${encodeURIComponent(key)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...record, createdAt }),
  });
  expect(answer.status).toBe(200);
}

const archives = async () => (await lab.inventory()).keys.filter((key) => key.startsWith('objects/'));

test('a candidate that was left an hour ago goes with the next deploy of anything; a younger one stays', async () => {
  const args = (name: string, word: string) => ['deploy', lab.app(name, word), '--name', name];
  const { url } = await lab.mlfn(args('old', 'one'));
  expect(await lab.killedAt({ operation: 'run:UpdateService' }, args('old', 'two'))).not.toBeNull();
  expect(await lab.killedAt({ operation: 'run:CreateService' }, args('lost', 'never'))).not.toBeNull();
  expect(await lab.killedAt({ operation: 'run:CreateService' }, args('young', 'soon'))).not.toBeNull();
  expect((await lab.inventory()).revisions.toSorted()).toEqual(['lost release 1', 'old release 1', 'old release 2', 'young release 1']);
  expect(await archives()).toHaveLength(4);
  await age('old', 2);
  await age('lost', 1);
  await lab.mlfn(args('other', 'else'));
  expect(await lab.inventory('lost')).toMatchObject({ revisions: [], accounts: [], keys: [] });
  expect((await lab.inventory('old')).keys.filter((key) => key.includes('000002'))).toEqual([]);
  expect(await archives()).toHaveLength(3);
  expect((await lab.ask(url)).text).toBe('200 one');
  expect(await lab.mlfn(args('young', 'soon'))).toMatchObject({ status: 'deployed', live: 1 });
  expect(await lab.mlfn(args('old', 'three'))).toMatchObject({ status: 'deployed', before: 1 });
});

describe('ten releases', () => {
  const name = 'many';
  const target = { target: 'gcp', targetConfig: { mode: 'run' } };
  let ctx: Context;
  beforeAll(() => {
    // Google's libraries read the variables of the process.
    Object.assign(process.env, lab.gcp.env);
    const root = `${lab.folder}/home`;
    const home = { root, cache: `${root}/cache`, local: `${root}/local` };
    ctx = { emit: () => undefined, signal: new AbortController().signal, env: process.env, cwd: lab.folder, home };
  });

  const settings = { memory: 512, timeout: 10, concurrency: 2, idle: 60, env: {} };
  const deployed = (number: number, canary?: number) =>
    deploy(ctx, { name, model: lab.app(name, `word ${number}`), ...target, settings, trust: false, dryRun: false, ...(canary === undefined ? {} : { canary }) });
  const numbers = async () => (await lab.inventory(name)).revisions.map((each) => Number(each.split(' ').at(-1)));
  const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

  test('are kept, and the live one beside them, however old it is', async () => {
    for (const number of range(1, 10)) expect(await deployed(number)).toMatchObject({ live: number });
    await rollback(ctx, { name, ...target, to: 1, dryRun: false });
    expect(await deployed(11, 50)).toMatchObject({ live: 1, canary: { number: 11, percent: 50 } });
    expect(await numbers()).toEqual(range(1, 11));
  });

  test('what is older goes with its objects once it has no traffic, and the oldest that is kept can come back', async () => {
    const before = (await archives()).length;
    await promote(ctx, { name, ...target, dryRun: false });
    const done = await deployed(12);
    expect(done.steps.at(-1)).toEqual({ kind: 'prune', keep: 10 });
    expect(await numbers()).toEqual(range(3, 12));
    expect((await archives()).length).toBe(before - 1);
    const { keys } = await lab.inventory(name);
    expect(keys.filter((key) => key.endsWith('.verified.json'))).toHaveLength(10);
    await rollback(ctx, { name, ...target, to: 3, dryRun: false });
    expect(await lab.ask(done.url!)).toEqual({ text: '200 word 3', release: '3' });
  });
});
