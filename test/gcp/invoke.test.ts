/** Calls of a service of the fake over HTTP, and what is said when the door says no. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { curl, wayTo } from '../../src/providers/gcp/invoke/curl.ts';
import { withReport } from '../../src/providers/gcp/invoke/call-log.ts';
import { failureIn } from '../../src/providers/gcp/invoke/failure.ts';
import { invoke } from '../../src/providers/gcp/invoke/invoke.ts';
import type { Call, LogLine } from '../../src/live.ts';
import { idToken } from '../fakes/gcp/identity/tokens.ts';
import { failure } from '../failure.ts';
import { type AccessLab, call, serving, startAccessLab } from './access-lab.ts';

const posted = (body: unknown, at = '/'): Call => ({ method: 'POST', path: at, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) });
const said = (body: Uint8Array) => JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;

let lab: AccessLab;
beforeAll(async () => {
  lab = await startAccessLab();
  await lab.serve('echo', { 1: serving(1), 2: serving(2) });
});
afterAll(() => lab?.stop());
beforeEach(() => lab.clear());

describe('a call', () => {
  test('goes to the live release, with an ID token', async () => {
    const answer = await invoke(await lab.open(), 'echo', null, posted({ a: 1 }, '/predict?x=1'));
    expect(answer).toMatchObject({ status: 200, release: 2, requestId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(said(answer.body)).toMatchObject({ release: 2, got: { a: 1 }, path: '/predict?x=1' });
    expect(answer.durationMs).toBeGreaterThan(0);
    expect(lab.calls.find(({ name }) => name === 'url:POST')?.caller).toBe(`serviceAccount:${lab.world.email('deployer')}`);
  });

  test('goes to a given release at its tag, with a token for the service', async () => {
    const session = await lab.open();
    expect(said((await invoke(session, 'echo', 1, posted('x'))).body)).toMatchObject({ release: 1 });
    expect(said((await invoke(session, 'echo', 2, posted('x'))).body)).toMatchObject({ release: 2 });
    expect(lab.calls.filter(({ name }) => name === 'metadata:identity')).toHaveLength(1);
  });

  test('never sends its token to another host', async () => {
    const answer = await invoke(await lab.open(), 'echo', null, posted('x', '//elsewhere.example/steal'));
    expect(said(answer.body)).toMatchObject({ path: '/elsewhere.example/steal' });
  });

  test('of a function that raises tells the error and the line', async () => {
    const answer = await invoke(await lab.open(), 'echo', null, posted('raise'));
    expect(answer).toMatchObject({ status: 500, failure: { type: 'ZeroDivisionError', where: 'app.py:2', message: expect.stringContaining('division by zero') } });
  });

  test('of a function that ends its process is told as a failure', async () => {
    const answer = await invoke(await lab.open(), 'echo', 1, posted('die'));
    expect(answer).toMatchObject({ status: 503, failure: { type: 'Exit', message: expect.stringContaining('exit(3)') } });
  });

  test('waits until a new URL is known', async () => {
    lab.fault({ operation: 'url:POST', times: 2 }, { code: 'NOT_FOUND' });
    expect(await invoke(await lab.open(), 'echo', 1, posted('x'))).toMatchObject({ status: 200, release: 1 });
  });

  test('of what is not there', async () => {
    const session = await lab.open();
    expect(await failure(invoke(session, 'nothing', null, posted('x')))).toMatchObject({ code: 'GCP_NO_ENDPOINT', hint: expect.stringContaining('--target gcp') });
    expect(await failure(invoke(session, 'echo', 9, posted('x')))).toMatchObject({ code: 'RELEASE_UNKNOWN' });
  });

  test('of a release without a tag', async () => {
    await lab.serve('untagged', { 1: serving(1) });
    const traffic = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'untagged-r1', percent: 100 }];
    const session = await lab.open();
    const [operation] = await (await session.services()).updateService({ service: { name: `${lab.parent}/services/untagged`, traffic: traffic as never }, updateMask: { paths: ['traffic'] } });
    await operation.promise();
    expect(await failure(invoke(session, 'untagged', 1, posted('x')))).toMatchObject({ code: 'GCP_NO_TAG', hint: expect.stringContaining('--to 1') });
  });
});

describe('the door', () => {
  const member = () => `serviceAccount:${lab.world.email('deployer')}`;
  const project = () => `projects/${lab.project}`;

  test('says who may not call, and how to let them in', async () => {
    lab.world.policies.revoke(project(), 'roles/owner', member());
    lab.world.policies.grant(project(), 'roles/run.viewer', member());
    const error = await failure(invoke(await lab.open(), 'echo', null, posted('x')));
    lab.world.policies.grant(project(), 'roles/owner', member());
    lab.world.policies.revoke(project(), 'roles/run.viewer', member());
    expect(error).toMatchObject({ code: 'GCP_DENIED', kind: 'auth', message: expect.stringContaining(`${member()} may not call http://127.0.0.1`) });
    expect(error.hint).toContain(`gcloud run services add-iam-policy-binding echo --member ${member()} --role roles/run.invoker --region ${lab.region} --project ${lab.project}`);
  });

  test('does not take a token for another audience', async () => {
    expect(await call(await lab.uri('echo'), lab.world.email('deployer'), 'https://elsewhere')).toBe(401);
    lab.fault({ operation: 'url:POST' }, { code: 'UNAUTHENTICATED' });
    expect(await failure(invoke(await lab.open(), 'echo', null, posted('x')))).toMatchObject({ code: 'GCP_CREDENTIALS', kind: 'auth' });
  });

  test('is busy', async () => {
    lab.fault({ operation: 'url:POST' }, { code: 'RESOURCE_EXHAUSTED' });
    expect(await failure(invoke(await lab.open(), 'echo', null, posted('x')))).toMatchObject({ code: 'GCP_BUSY', kind: 'remote', hint: expect.stringContaining('--max-instances') });
  });

  test('takes 32 MB', async () => {
    const large = { ...posted('x'), body: Buffer.alloc(32 * 1024 * 1024 + 1) };
    expect(await failure(invoke(await lab.open(), 'echo', null, large))).toMatchObject({ code: 'GCP_TOO_LARGE', kind: 'limit' });
    expect(lab.calls).toEqual([]);
  });

  test('is not reached', async () => {
    lab.fault({ operation: 'url:POST' }, { kind: 'cut-before' });
    expect(await failure(invoke(await lab.open(), 'echo', null, posted('x')))).toMatchObject({ code: 'GCP_UNREACHABLE' });
  });
});

test('Cloud Run says how long it took, and that an instance was started for it', async () => {
  await lab.serve('cold', { 1: serving(1) });
  const session = await lab.open();
  const first = await withReport(session, 'cold', await invoke(session, 'cold', null, posted('x')));
  const second = await withReport(session, 'cold', await invoke(session, 'cold', null, posted('x')));
  expect(first.handlerMs).toBeGreaterThanOrEqual(0);
  expect(second).toMatchObject({ coldMs: null });
  expect(second.handlerMs).toBeLessThanOrEqual(second.durationMs + 1);
});

describe('the line to paste', () => {
  const uri = () => lab.uri('echo');
  /** As the command line prints it: test/cli has the quoting. */
  const run = async (words: string[], url: string, env: Record<string, string> = {}) => {
    const line = `curl -s ${words.map((word) => (/^[\w./:@-]+$/.test(word) ? word : `"${word}"`)).join(' ')} ${url} -H "content-type: application/json" -d '{"a": 1}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { env: { PATH: process.env['PATH'] ?? '', ...env } });
    return stdout;
  };

  test('works as it is on a machine of the cloud', async () => {
    const { url, words, note } = await curl(await lab.open(), await uri());
    expect(note).toBeNull();
    expect(JSON.parse(await run(words, url))).toMatchObject({ release: 2, got: { a: 1 } });
  });

  test('needs no token where the endpoint is open', async () => {
    expect(await curl(await lab.open({ public: true }), await uri())).toEqual({ url: await uri(), words: [], note: null });
  });

  test('of a person asks gcloud, here a stand-in that prints a token of the lab', async () => {
    const bin = path.join(lab.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const token = idToken(lab.world.email('deployer'), await uri());
    writeFileSync(path.join(bin, 'gcloud'), `#!/bin/sh\ntest "$*" = "auth print-identity-token" && echo ${token}\n`);
    chmodSync(path.join(bin, 'gcloud'), 0o755);
    const { command, note } = wayTo(await uri(), { type: 'authorized_user' }, {});
    expect(command).toBe('gcloud auth print-identity-token');
    expect(note).toContain('gcloud auth login');
    const words = ['-H', `Authorization: Bearer $(${command})`];
    expect(JSON.parse(await run(words, await uri(), { PATH: `${bin}:${process.env['PATH']}` }))).toMatchObject({ release: 2 });
  });

  test.each([
    ['a key', { type: 'service_account', client_email: 'a@b' }, /^gcloud auth print-identity-token a@b --audiences=https:\/\/u$/, /activate-service-account/],
    ['another in whose name one asks', { type: 'impersonated_service_account', service_account_impersonation_url: 'https://x/serviceAccounts/a@b:generateAccessToken' }, /--impersonate-service-account=a@b --audiences=https:\/\/u/, /gcloud auth login/],
    ['federation', { type: 'external_account', service_account_impersonation_url: 'https://x/serviceAccounts/a@b:generateAccessToken' }, /--impersonate-service-account=a@b/, /--cred-file/],
    ['a machine of the cloud', null, /^curl -s -H Metadata-Flavor:Google 'http:\/\/metadata\.google\.internal\/.*\/identity\?audience=https:\/\/u'$/, null],
  ])('of %s', (_name, file, command, note) => {
    const way = wayTo('https://u', file, {});
    expect(way.command).toMatch(command);
    if (note === null) expect(way.note).toBeNull();
    else expect(way.note).toMatch(note);
  });
});

test.each([
  ['Memory limit of 512 MiB exceeded with 530 MiB used. Consider increasing the memory limit.', 'OutOfMemory', '512 MiB'],
  ['The request has been terminated because it has reached the maximum request timeout.', 'Timeout', 'timeout'],
  ['Container called exit(1).', 'Exit', 'exit(1)'],
  ['Traceback (most recent call last):\n  File "/workspace/code/app.py", line 7, in f\nKeyError: \'a\'', 'KeyError', "'a'"],
])('what Cloud Run says: %s', (text, type, message) => {
  const line: LogLine = { time: '2026-11-21T00:00:00.000Z', release: 1, stream: 'platform', text };
  expect(failureIn([line])).toMatchObject({ type, message: expect.stringContaining(message) });
  expect(failureIn([{ ...line, text: 'listening' }])).toBeNull();
});
