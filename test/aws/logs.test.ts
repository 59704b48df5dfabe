/** The lines of a function: by release, from its beginning, followed through throttling, all pages. */
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../src/events.ts';
import { configSchema } from '../../src/providers/aws/config.ts';
import { eventsOf } from '../../src/providers/aws/logs/log-events.ts';
import { openSession } from '../../src/providers/aws/session.ts';
import { openTarget } from '../../src/providers/index.ts';
import type { LogLine } from '../../src/live.ts';
import { mlfn } from './http-lab.ts';
import { clientsOf } from './lab/clients.ts';
import { startMoto } from './lab/moto.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

const code = (word: string) => `def answer(payload):\n    print("${word}")\n    if payload.get("fail"):\n        raise RuntimeError("no")\n    return payload\n`;

let lab: SettingsLab;
beforeAll(async () => {
  lab = await startSettingsLab();
});
afterAll(async () => lab?.stop());

async function call(name: string, payload: unknown): Promise<void> {
  const { provider, config } = await openTarget('aws', {});
  await provider.direct!(lab.ctx, config, name, null, Buffer.from(JSON.stringify(payload)));
}

async function linesOf(name: string, options: { follow?: boolean; lines?: number } = {}, ctx: Context = lab.ctx): Promise<AsyncIterable<LogLine>> {
  const { provider, config } = await openTarget('aws', {});
  return provider.logs(ctx, config, name, { follow: false, lines: 100, ...options });
}

const all = async (source: AsyncIterable<LogLine>) => {
  const found: LogLine[] = [];
  for await (const line of source) found.push(line);
  return found;
};

describe('logs', () => {
  test('name the release of each line, and a traceback is one of them', async () => {
    await lab.deploy('spoken', { code: code('first') });
    await call('spoken', {});
    await lab.deploy('spoken', { code: code('second') });
    await call('spoken', { fail: true });
    const found = await all(await linesOf('spoken'));
    const word = (text: string) => found.find((line) => line.text === text);
    expect([word('first')?.release, word('second')?.release]).toEqual([1, 2]);
    expect(word('second')?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    const traces = found.filter(({ text }) => text.startsWith('Traceback'));
    expect(traces).toMatchObject([{ stream: 'stderr', release: 2, text: expect.stringMatching(/^Traceback[\s\S]*\nRuntimeError: no$/) }]);
    expect(found.filter(({ stream }) => stream === 'platform').map(({ text }) => text.split(' ')[0])).toEqual(expect.arrayContaining(['START', 'END', 'REPORT']));
    expect(await all(await linesOf('spoken', { lines: 2 }))).toEqual(found.slice(-2));
    expect(await all(await linesOf('spoken', { lines: 0 }))).toEqual([]);
  }, 60_000);

  test('begin with the function, not with an earlier one of the same name', async () => {
    const group = { logGroupName: '/aws/lambda/reborn' };
    await lab.aws.logs.send(new CreateLogGroupCommand(group));
    await write(lab.aws.logs, group.logGroupName, '2026/11/20/[1]old', Date.now() - 3_600_000, ['of another life']);
    await lab.deploy('reborn', { code: code('of this life') });
    await call('reborn', {});
    const texts = (await all(await linesOf('reborn'))).map(({ text }) => text);
    expect(texts).toContain('of this life');
    expect(texts).not.toContain('of another life');
  }, 60_000);

  test('--follow goes on through throttling, tells every line once, and knows releases that come meanwhile', async () => {
    await lab.deploy('stream', { code: code('before') });
    await call('stream', {});
    const stopped = new AbortController();
    const heard: LogLine[] = [];
    const source = await linesOf('stream', { follow: true, lines: 0 }, { ...lab.ctx, signal: stopped.signal });
    const reader = (async () => {
      for await (const line of source) {
        heard.push(line);
        if (line.text === 'after') stopped.abort();
      }
    })();
    lab.gate.fault({ operation: 'logs:FilterLogEvents', nth: 2, times: 7 }, { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' });
    await lab.deploy('stream', { code: code('after') });
    await call('stream', {});
    await reader;
    expect(heard.filter(({ text }) => text === 'after')).toMatchObject([{ release: 2 }]);
    expect(heard.map(({ text }) => text)).not.toContain('before');
    const ids = heard.filter(({ text }) => text.startsWith('START ')).map(({ text }) => text);
    expect(new Set(ids).size).toBe(ids.length);
  }, 120_000);

  test('on the command line say which release', async () => {
    const { code: exit, stdout } = await mlfn(lab, ['logs', 'spoken']);
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/ release 2 +second$/m)]);
  }, 30_000);
});

async function write(logs: CloudWatchLogsClient, logGroupName: string, logStreamName: string, from: number, messages: string[]): Promise<void> {
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch(() => undefined);
  const logEvents = messages.map((message, index) => ({ timestamp: from + index, message }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

test('all pages are read', async () => {
  const moto = await startMoto();
  try {
    const { logs } = clientsOf(moto.env);
    const logGroupName = '/aws/lambda/busy';
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const from = Date.now() - 600_000;
    for (const part of [0, 1]) {
      await write(logs, logGroupName, '2026/11/21/[1]a', from + part * 6000, Array.from({ length: 6000 }, (_, index) => `line ${part * 6000 + index}`));
    }
    const session = await openSession({ ...lab.ctx, env: moto.env }, configSchema.parse({ region: 'eu-west-1' }));
    const before = process.env['AWS_ENDPOINT_URL'];
    process.env['AWS_ENDPOINT_URL'] = moto.endpoint;
    const found = await eventsOf(session, 'busy', from).finally(() => (process.env['AWS_ENDPOINT_URL'] = before));
    expect(found.map(({ message }) => message)).toEqual(Array.from({ length: 12_000 }, (_, index) => `line ${index}`));
  } finally {
    await moto.stop();
  }
}, 120_000);
