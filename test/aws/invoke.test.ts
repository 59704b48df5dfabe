/** Calls by the endpoint and past it: who answered, what it cost, and what went wrong where, in words. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTarget, type Target } from '../../src/providers/index.ts';
import type { Answer } from '../../src/live.ts';
import { mlfn } from './http-lab.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

const CODE = `import os, time

def answer(payload):
    what = payload.get("do") if isinstance(payload, dict) else None
    if what == "divide":
        return helper(0)
    if what == "sleep":
        time.sleep(30)
    if what == "die":
        os._exit(3)
    return {"got": payload}

def helper(by):
    return 1 / by
`;
const settings = { memory: 256, timeout: 2, concurrency: 1, idle: 60, env: {} };

let lab: SettingsLab;
let target: Target;
beforeAll(async () => {
  lab = await startSettingsLab();
  await lab.deploy('calls', { code: CODE, settings });
}, 120_000);
beforeEach(async () => {
  target = await openTarget('aws', {});
});
afterAll(async () => lab?.stop());

const body = (value: unknown) => Buffer.from(JSON.stringify(value));
const http = (value: unknown) => ({ method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: body(value) });
const byUrl = (value: unknown) => target.provider.invoke(lab.ctx, target.config, 'calls', null, http(value));
const past = (value: unknown, release: number | null = null) => target.provider.direct!(lab.ctx, target.config, 'calls', release, body(value));
const text = (answer: Answer) => Buffer.from(answer.body).toString('utf8');

describe('a call', () => {
  test('through the endpoint names the release that answered, not the version of Lambda', async () => {
    const answer = await byUrl({ a: 1 });
    expect(answer).toMatchObject({ status: 200, release: 1, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(answer.billed).toBeUndefined();
    expect(answer.failure).toBeUndefined();
  });

  test.each(['/https://elsewhere.example/', '//elsewhere.example/'])('with the path %s stays at the endpoint', async (where) => {
    lab.gate.clear();
    const answer = await target.provider.invoke(lab.ctx, target.config, 'calls', null, { ...http({}), path: where });
    expect(answer).toMatchObject({ status: 404, release: 1 });
    expect(lab.gate.calls.filter(({ service }) => service === 'url')).toHaveLength(1);
  });

  test('signs queries and paths that need escapes', async () => {
    const answer = await target.provider.invoke(lab.ctx, target.config, 'calls', null, { ...http({}), path: '/predict?b=2&a=x%20y&a=%C3%A9' });
    expect(answer.status).toBe(200);
  });

  test('has its report looked up when it is asked for', async () => {
    const answer = await byUrl({ a: 1 });
    const reported = await target.provider.report!(lab.ctx, target.config, 'calls', answer);
    expect(reported).toMatchObject({ status: 200, billed: { memoryMb: 256, durationMs: expect.any(Number) }, handlerMs: expect.any(Number) });
  });

  test('past the endpoint gets the bare value, with its report', async () => {
    const answer = await past({ a: 1 }, 1);
    expect(text(answer)).toBe('{"got":{"a":1}}');
    expect(answer).toMatchObject({ status: 200, release: 1, billed: { memoryMb: 256 } });
    expect(await past({ a: 1 })).toMatchObject({ status: 200, release: 1 });
  });

  test('waits for a snapshot that Lambda has to make again, also for the payload of a check', async () => {
    const message = 'Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.';
    lab.gate.fault({ operation: 'lambda:Invoke', times: 3 }, { status: 409, code: 'SnapStartNotReadyException', message });
    lab.gate.clear();
    lab.events.length = 0;
    expect(text(await past({ a: 1 }, 1))).toBe('{"got":{"a":1}}');
    const statuses = () => lab.gate.calls.filter(({ name }) => name === 'lambda:Invoke').map(({ status }) => status);
    expect(statuses()).toEqual([409, 409, 409, 200]);
    expect(lab.events).toContainEqual({ type: 'progress', text: expect.stringMatching(/^waiting for the snapshot to be ready, \d+ s of \d+ s at most$/) });
    lab.gate.fault({ operation: 'lambda:Invoke' }, { status: 409, code: 'SnapStartNotReadyException', message });
    expect(await target.provider.invoke(lab.ctx, target.config, 'calls', 1, http({ a: 2 }))).toMatchObject({ status: 200, release: 1 });
  }, 30_000);

  test('past the endpoint that the function refuses has the status of its problem', async () => {
    const answer = await past({ do: 'divide' }, 1);
    expect(answer).toMatchObject({ status: 500, failure: { type: 'ZeroDivisionError', message: 'division by zero', where: 'app.py:14' } });
  });
});

describe('a function that fails', () => {
  test('behind the URL is explained by its log: type, message and line', async () => {
    const answer = await byUrl({ do: 'divide' });
    expect(answer).toMatchObject({ status: 500, failure: { type: 'ZeroDivisionError', message: 'division by zero', where: 'app.py:14' } });
  });

  test('by taking too long, or by its own end, is told past the endpoint', async () => {
    expect(await past({ do: 'sleep' }, 1)).toMatchObject({ status: 502, failure: { type: 'Timeout', message: 'It took longer than its 2 seconds.' } });
    expect(await past({ do: 'die' }, 1)).toMatchObject({ status: 502, failure: { type: expect.stringContaining('Runtime.') } });
  }, 30_000);

  // The emulator's URL has ids that its log does not know.
  test("behind the URL has no other call's error as its own", async () => {
    expect((await byUrl({ do: 'divide' })).failure?.type).toBe('ZeroDivisionError');
    const answer = await byUrl({ do: 'sleep' });
    expect(answer).toMatchObject({ status: 502, failure: { type: 'Timeout', message: expect.stringContaining('the call itself is not named there') } });
  }, 30_000);
});

describe('what the door says itself', () => {
  const refuse = (status: number, message: string, code = 'AccessDeniedException') => lab.gate.fault({ operation: 'url:Call' }, { status, code, message });

  test('403: both actions that the caller lacks, and on what', async () => {
    refuse(403, 'Forbidden. For troubleshooting Function URL authorization issues, see: ...');
    const error = await byUrl({}).catch((thrown: unknown) => thrown);
    const resource = 'arn:aws:lambda:eu-west-1:123456789012:function:calls:live';
    expect(error).toMatchObject({ code: 'AWS_DENIED', kind: 'auth', details: { actions: ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'], resource } });
    expect((error as Error).message).toMatch(/^arn:aws:iam::123456789012:\S+ may not call https:\S+: it needs lambda:InvokeFunctionUrl and lambda:InvokeFunction on arn:/);
  });

  test('403 for a wrong secret is about the secret', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'another';
    try {
      await expect(byUrl({})).rejects.toMatchObject({ code: 'AWS_CREDENTIALS', message: expect.stringContaining('signature') });
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    }
  });

  test('413', async () => {
    refuse(413, 'Exceeded maximum allowed payload size (6291556 bytes).', 'RequestTooLargeException');
    await expect(byUrl({})).rejects.toMatchObject({ code: 'AWS_TOO_LARGE', kind: 'limit', details: { bytes: 2 } });
    lab.gate.fault({ operation: 'lambda:Invoke' }, { status: 413, code: 'RequestTooLargeException', message: 'too large' });
    await expect(past({}, 1)).rejects.toMatchObject({ code: 'AWS_TOO_LARGE' });
  });

  test('429 of a function without a free worker, by the URL and past it', async () => {
    refuse(429, 'Rate Exceeded.', 'TooManyRequestsException');
    await expect(byUrl({})).rejects.toMatchObject({ code: 'AWS_BUSY', kind: 'remote', message: expect.stringContaining('429') });
    lab.gate.fault({ operation: 'lambda:Invoke', times: 6 }, { status: 429, code: 'TooManyRequestsException', message: 'Rate Exceeded.' });
    await expect(past({}, 1)).rejects.toMatchObject({ code: 'AWS_BUSY' });
  }, 30_000);

  test("is not mixed up with the function's own 404", async () => {
    const answer = await target.provider.invoke(lab.ctx, target.config, 'calls', null, { ...http({}), path: '/nowhere' });
    expect(answer).toMatchObject({ status: 404, release: 1 });
  });
});

describe('mlfn invoke', () => {
  test('prints the answer on standard output, the rest beside it', async () => {
    const { code, stdout, stderr } = await mlfn(lab, ['invoke', 'calls', '--data', '{"a": 1}']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { got: { a: 1 } }]);
    expect(stderr).toMatch(/^200 {4}[\d.]+ m?s {2}release 1$/m);
  }, 30_000);

  test('--report adds what was billed; --direct has it at once', async () => {
    const reported = await mlfn(lab, ['invoke', 'calls', '--data', '{"a": 1}', '--report']);
    expect(reported.stderr).toMatch(/200 {4}[\d.]+ m?s {2}warm {2}billed \d+ ms {2}\d+ of 256 MB {2}release 1/);
    const direct = await mlfn(lab, ['invoke', 'calls', '--data', '{"a": 1}', '--direct', '--release', '1']);
    expect(direct.stderr).toMatch(/billed \d+ ms {2}\d+ of 256 MB {2}release 1/);
    expect(JSON.parse(direct.stdout)).toEqual({ got: { a: 1 } });
  }, 30_000);

  test('is exit 5 when the function failed, with its error and line', async () => {
    const { code, stderr } = await mlfn(lab, ['invoke', 'calls', '--data', '{"do": "divide"}']);
    expect(code).toBe(5);
    expect(stderr).toContain('ZeroDivisionError: division by zero  app.py:14');
    const direct = await mlfn(lab, ['invoke', 'calls', '--data', '{"do": "divide"}', '--direct', '--json']);
    expect(direct.code).toBe(5);
  }, 30_000);

  test.each([
    [['--direct', '--data', 'not json'], 2, 'The payload is not JSON'],
    [['--direct', '--data', '{}', '--path', '/predict'], 2, '--direct and --path'],
    [['--data', '{}', '--release', '9'], 2, 'no release 9'],
  ])('%j is refused', async (args, exit, said) => {
    const { code, stderr } = await mlfn(lab, ['invoke', 'calls', ...args]);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(said)]);
  }, 30_000);

  test('--direct has no meaning on this machine', async () => {
    const { code, stderr } = await mlfn(lab, ['invoke', 'nothing', '--direct', '--data', '{}'], { MLFN_TARGET: 'local' });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/deployed|past its endpoint/)]);
  }, 30_000);
});
