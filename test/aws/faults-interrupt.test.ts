/**
 * Ctrl-C in each kind of wait: exit code 130, it says that it was stopped and no more, nobody who calls the endpoint notices,
 * nothing half-made is left, and the same command again does it.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, type Caller, FaultsLab, NOTHING } from './faults-lab.ts';
import { throttled } from './lab/gate/faults.ts';
import { changed, type Rule } from './lab/gate/rule.ts';
import type { Gate } from './lab/gate.ts';
import type { Refusal } from './lab/gate/wire.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

const ROLE: Refusal = { status: 400, code: 'InvalidParameterValueException', message: 'The role defined for the function cannot be assumed by Lambda.' };
const MOVED: Refusal = { status: 412, code: 'PreconditionFailedException', message: 'The RevisionId provided does not match the latest RevisionId.' };

interface Wait {
  /** What makes it wait for good. */
  rules?: Rule[];
  spoil?: (gate: Gate) => void;
  /** Resolves in the middle of the wait. */
  reached: (gate: Gate) => Promise<unknown>;
}

/** The command is asked to stop in that wait. */
async function interrupt(args: string[], { rules = [], spoil, reached }: Wait): Promise<string> {
  const gate = await lab.way(...rules);
  spoil?.(gate);
  const at = reached(gate);
  const { child, done } = lab.begin([...args, '--target', 'aws'], { gate });
  expect(await Promise.race([at.then(() => 'waits'), done])).toBe('waits');
  child.kill('SIGINT');
  const { code, signal, stderr } = await done;
  await gate.stop();
  expect([code, signal], stderr).toEqual([130, null]);
  return stderr;
}

/** One problem was told, which is this, at the end. */
const STOPPED = /^error +Stopped\. +\[INTERRUPTED\]\n +Run the same command again; it goes on from there\.\n$/m;
function saysStopped(stderr: string): void {
  expect(stderr).toMatch(STOPPED);
  expect(stderr.match(/^(error|warn) .*/gm)).toEqual([expect.stringMatching(/^error /)]);
}

const answered = (operation: string, nth: number) => ({ reached: (gate: Gate) => gate.answered({ operation: `lambda:${operation}`, nth }) });
const held = (operation: string, at: 'request' | 'answer' = 'request') => ({
  reached: async (gate: Gate) => {
    const { reached, release } = gate.hold({ operation }, at);
    await reached;
    // The command is told to stop by then.
    setTimeout(release, 500);
  },
});
const pending = (operations: RegExp, from: string, more: object) => changed(operations, from, (body) => ({
  ...body, ...more, ...(body['Configuration'] === undefined ? {} : { Configuration: { ...(body['Configuration'] as object), ...more } }),
}));

describe('of a first deploy: nothing of it is left', () => {
  const args = ['deploy', '--name', 'early', '--public'];
  const WAITS: [string, Wait][] = [
    ['the role cannot be assumed yet', { spoil: (gate) => gate.fault({ operation: 'lambda:CreateFunction', times: Infinity }, ROLE), ...answered('CreateFunction', 2) }],
    ['the function is Pending', { rules: [pending(/:GetFunction$/, 'lambda:CreateFunction', { State: 'Pending' })], ...answered('GetFunction', 8) }],
    ['the version is Pending', { rules: [pending(/:(GetFunction|PublishVersion)$/, 'lambda:PublishVersion', { State: 'Pending' })], reached: async (gate) => gate.answered({ operation: 'lambda:PublishVersion' }).then(() => gate.answered({ operation: 'lambda:GetFunction', nth: 2 })) }],
    ['it is verified', held('lambda:Invoke')],
    ['the role is being made', held('iam:CreateRole', 'answer')],
  ];

  test.each(WAITS)('while %s', async (_, wait) => {
    const model = lab.app('early', 'one');
    saysStopped(await interrupt([...args, model], wait));
    expect(await lab.account()).toEqual(NOTHING);
    expect(await lab.mlfn([...args, model])).toMatchObject({ status: 'deployed', live: 1 });
    await lab.mlfn(['delete', 'early', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });

  test('while a large package is sent in parts', async () => {
    const model = lab.app('early', 'one', { code: 'import table\n\n\ndef answer(payload):\n    return {"word": table.WORD}\n' });
    const table = path.join(lab.folder, 'early', 'table');
    mkdirSync(table);
    writeFileSync(path.join(table, '__init__.py'), 'WORD = "one"\n');
    writeFileSync(path.join(table, 'data.bin'), randomBytes(20 << 20));
    saysStopped(await interrupt([...args, model], { reached: async (gate) => {
      const parts = gate.hold({ operation: 's3:UploadPart', nth: 2, times: Infinity }, 'request');
      await parts.reached;
    } }));
    expect(await lab.account()).toEqual(NOTHING);
    expect(await lab.mlfn([...args, model])).toMatchObject({ status: 'deployed', live: 1 });
    await lab.mlfn(['delete', 'early', '--yes']);
    expect(await lab.account()).toEqual(NOTHING);
  });
});

describe('of a later deploy, under load', () => {
  let caller: Caller;
  let url: string;
  let before: Account;
  let count = 0;
  const args = (...more: string[]) => ['deploy', '--name', 'busy', '--public', ...more];
  beforeAll(async () => {
    ({ url } = await lab.mlfn(args(lab.app('busy', 'word 0'))));
    caller = lab.call(url);
  });
  const heard = (...words: string[]) => {
    expect(words.map((word) => `200 ${word}`)).toEqual(expect.arrayContaining([...caller.answers.keys()]));
    caller.answers.clear();
  };

  const WAITS: [string, Wait][] = [
    ['an update is in progress', { rules: [pending(/:GetFunction$/, 'lambda:UpdateFunctionConfiguration', { LastUpdateStatus: 'InProgress' })], reached: async (gate) => gate.answered({ operation: 'lambda:UpdateFunctionConfiguration' }).then(() => gate.answered({ operation: 'lambda:GetFunction', nth: 3 })) }],
    ['Lambda wants fewer calls', { spoil: (gate) => gate.fault({ operation: 'lambda:UpdateFunctionCode', times: Infinity }, throttled('lambda')), ...answered('UpdateFunctionCode', 3) }],
    ['it is verified', held('lambda:Invoke')],
    ['S3 wants fewer calls', { spoil: (gate) => gate.fault({ operation: 's3:PutObject', nth: 2, times: Infinity }, throttled('s3')), reached: (gate) => gate.answered({ operation: 's3:PutObject', nth: 4 }) }],
  ];
  test.each(WAITS)('while %s: all is as it was, and the next completes it', async (_, wait) => {
    before = await lab.account();
    const [old, now] = [`word ${count}`, `word ${(count += 1)}`];
    const model = lab.app('busy', now);
    saysStopped(await interrupt(args(model), wait));
    expect(await lab.account()).toEqual(before);
    expect((await lab.ask(url)).text).toBe(`200 ${old}`);
    expect(await lab.mlfn(args(model))).toMatchObject({ status: 'deployed', live: count + 1 });
    heard(old, now);
  });

  test('while Lambda wants fewer calls, and all of AWS does when it is to be taken back: both is told, and the next completes it', async () => {
    const [old, now] = [`word ${count}`, `word ${(count += 1)}`];
    const model = lab.app('busy', now);
    const stderr = await interrupt(args(model), {
      spoil: (gate) => gate.fault({ operation: 'lambda:UpdateFunctionCode', times: Infinity }, throttled('lambda')),
      reached: async (gate) => {
        await gate.answered({ operation: 'lambda:UpdateFunctionCode', nth: 5 });
        gate.fault({ times: Infinity }, throttled('lambda'));
      },
    });
    expect(stderr).toMatch(STOPPED);
    expect(stderr.match(/^(error|warn) .*/gm)).toEqual([expect.stringContaining('could not be taken away'), expect.stringContaining('Stopped.')]);
    expect((await lab.ask(url)).text).toBe(`200 ${old}`);
    expect(await lab.mlfn(args(model))).toMatchObject({ status: 'deployed', live: count + 1 });
    expect((await lab.account('busy')).versions).toHaveLength(count + 1);
    heard(old, now);
  });

  test('while another moves the traffic: the release is there, checked, and the next has it live', async () => {
    const [old, now] = [`word ${count}`, `word ${(count += 1)}`];
    const model = lab.app('busy', now);
    saysStopped(await interrupt(args(model), { spoil: (gate) => gate.fault({ operation: 'lambda:UpdateAlias', times: Infinity }, MOVED), ...answered('UpdateAlias', 3) }));
    expect((await lab.ask(url)).text).toBe(`200 ${old}`);
    const done = await lab.mlfn(args(model));
    expect(done).toMatchObject({ status: 'deployed', live: count + 1 });
    expect(done.steps.map(({ kind }: { kind: string }) => kind)).toEqual(['switch']);
    heard(old, now);
  });

  test('while the traffic is moved: it is moved, and there is nothing left to do', async () => {
    const [old, now] = [`word ${count}`, `word ${(count += 1)}`];
    const model = lab.app('busy', now);
    saysStopped(await interrupt(args(model), held('lambda:UpdateAlias')));
    expect((await lab.ask(url)).text).toBe(`200 ${now}`);
    expect(await lab.mlfn(args(model))).toMatchObject({ status: 'up-to-date', live: count + 1 });
    heard(old, now);
  });

  test('while workers are made ready: the release is live, and the next waits on', async () => {
    const more = args(lab.app('busy', `word ${count}`), '--provisioned-concurrency', '1');
    const wait = { rules: [changed(/:GetProvisionedConcurrencyConfig$/, 'lambda:PutProvisionedConcurrencyConfig', (body) => ({ ...body, Status: 'IN_PROGRESS' }))], ...answered('GetProvisionedConcurrencyConfig', 3) };
    saysStopped(await interrupt(more, wait));
    expect((await lab.mlfn(more)).status).toMatch(/^(deployed|up-to-date)$/);
    heard(`word ${count}`);
  });

  test('of a log that is followed: nothing is told at all', async () => {
    const stderr = await interrupt(['logs', 'busy', '--follow'], { reached: (gate) => gate.answered({ operation: 'logs:FilterLogEvents', nth: 2 }) });
    expect(stderr).toBe('');
  });

  test('of a delete: the next one finishes it', async () => {
    heard(`word ${count}`);
    await caller.stop();
    saysStopped(await interrupt(['delete', 'busy', '--yes'], held('lambda:DeleteFunction')));
    await lab.begin(['delete', 'busy', '--yes', '--target', 'aws']).done;
    expect(await lab.account()).toEqual(NOTHING);
  });
});
