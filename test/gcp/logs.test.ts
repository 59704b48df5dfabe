/** Lines of a service of the fake from its Cloud Logging, and of entries as data. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFailure, linesThatMatter } from '../../src/providers/gcp/logs/build-log.ts';
import { lastErrors } from '../../src/providers/gcp/logs/last-errors.ts';
import { joinedLines, lineOf } from '../../src/providers/gcp/logs/lines.ts';
import { logs } from '../../src/providers/gcp/logs/logs.ts';
import { invoke } from '../../src/providers/gcp/invoke/invoke.ts';
import type { LogLine } from '../../src/live.ts';
import { failingLog } from '../fakes/gcp/functions/failing-log.ts';
import { failure } from '../failure.ts';
import { type AccessLab, serving, startAccessLab } from './access-lab.ts';

const stderr = (text: string, instanceId = 'a', second = 0) => ({
  insertId: text + instanceId,
  logName: 'projects/p/logs/run.googleapis.com%2Fstderr',
  timestamp: `2026-11-21T10:00:${String(second).padStart(2, '0')}.123456789Z`,
  textPayload: text,
  resource: { type: 'cloud_run_revision', labels: { revision_name: 'echo-r2', service_name: 'echo' } },
  labels: { instanceId },
});
const releases = new Map([['echo-r2', 2]]);

describe('entries as lines', () => {
  test('a line says its release, instance and call', () => {
    const entry = { ...stderr('hello\n'), trace: 'projects/p/traces/abc' };
    expect(lineOf(entry, releases)).toEqual({ time: '2026-11-21T10:00:00.123Z', release: 2, worker: 'a', requestId: 'abc', stream: 'stderr', text: 'hello' });
  });

  test('a revision that is gone is known by its label', () => {
    const entry = stderr('hello');
    expect(lineOf({ ...entry, labels: { instanceId: 'a', 'mlfn-release': '7' } }, new Map()).release).toBe(7);
    expect(lineOf(entry, new Map()).release).toBeNull();
  });

  test('a request, a structured entry, and what the platform says', () => {
    const base = { ...stderr(''), textPayload: undefined as never };
    const httpRequest = { requestMethod: 'POST', requestUrl: 'https://echo-abc.a.run.app/predict?x=1', status: 200, latency: '0.0121s' };
    expect(lineOf({ ...base, logName: 'projects/p/logs/run.googleapis.com%2Frequests', httpRequest }, releases)).toMatchObject({ stream: 'platform', text: 'POST /predict?x=1 200 in 12 ms' });
    expect(lineOf({ ...base, jsonPayload: { message: 'said', extra: 1 } }, releases).text).toBe('said');
    expect(lineOf({ ...base, jsonPayload: { a: 1 } }, releases).text).toBe('{"a":1}');
    expect(lineOf({ ...stderr('Starting'), logName: 'projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem' }, releases).stream).toBe('platform');
  });

  test('the rows of a traceback are one line, also where two instances write at once', () => {
    const rows = ['Traceback (most recent call last):', '  File "/workspace/code/app.py", line 2, in f', '    1 / 0', 'ZeroDivisionError: division by zero'];
    const mixed = rows.flatMap((row, at) => [stderr(row, 'a', at), stderr(row.replace('app', 'other'), 'b', at)]);
    expect(joinedLines([...mixed, stderr('after', 'a', 9)], releases).map(({ worker, text }) => `${worker} ${text}`)).toEqual([`a ${rows.join('\n')}`, 'a after', `b ${rows.join('\n').replace('app', 'other')}`]);
  });
});

test('of the log of a failed build those lines are told that say why', () => {
  const lines = linesThatMatter(failingLog());
  expect(failingLog().length).toBeGreaterThan(300);
  expect(lines.length).toBeLessThanOrEqual(8);
  expect(lines).toEqual(expect.arrayContaining(["error: command 'gcc' failed: No such file or directory", 'ERROR: Failed building wheel for broken']));
  expect(linesThatMatter(['BUILD', 'ERROR: failed to build: exit status 1', 'DONE'])).toEqual(['ERROR: failed to build: exit status 1']);
  expect(linesThatMatter(['BUILD', 'DONE'])).toEqual([]);
});

describe('on a service', () => {
  let lab: AccessLab;
  const post = async (body: unknown, release: number | null = null) => invoke(await lab.open(), 'echo', release, { method: 'POST', path: '/', headers: {}, body: Buffer.from(JSON.stringify(body)) });
  const linesOf = async (options: { lines: number }) => {
    const lines: LogLine[] = [];
    for await (const line of logs(await lab.open(), 'echo', { follow: false, ...options })) lines.push(line);
    return lines;
  };
  beforeAll(async () => {
    lab = await startAccessLab();
    await lab.serve('echo', { 1: serving(1), 2: serving(2) });
    await lab.serve('other', { 1: serving(1) });
    await post('x', 1);
    await post('x');
    await post('raise');
  });
  afterAll(() => lab?.stop());

  test('its own lines of all releases come, oldest first', async () => {
    const lines = await linesOf({ lines: 100 });
    expect(lines.filter(({ text }) => text === 'asked').map(({ release }) => release)).toEqual([1, 2, 2]);
    expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).toSorted());
    expect(lines.find(({ text }) => text.startsWith('Traceback'))).toMatchObject({ release: 2, stream: 'stderr', text: expect.stringMatching(/^Traceback[\s\S]*app\.py", line 2[\s\S]*ZeroDivisionError: division by zero$/) });
    expect(lines.filter(({ stream, text }) => stream === 'platform' && text.startsWith('POST / 200'))).toHaveLength(2);
  });

  test('the last ones are asked for, not all', async () => {
    lab.clear();
    const last = await linesOf({ lines: 2 });
    expect(last).toEqual((await linesOf({ lines: 100 })).slice(-2));
    const [asked] = lab.calls.filter(({ name }) => name === 'logging:entries.list');
    expect(asked?.request).toMatchObject({ orderBy: 'timestamp desc', pageSize: 108 });
  });

  test('what a release has lately failed with', async () => {
    const session = await lab.open();
    expect(await lastErrors(session, 'echo', 2)).toMatchObject([{ release: 2, text: 'ZeroDivisionError: division by zero' }]);
    expect(await lastErrors(session, 'echo', 1)).toEqual([]);
    expect(await lastErrors(session, 'echo', 9)).toEqual([]);
  });

  test('follows: each line once, also through throttling and a lost connection', async () => {
    const session = await lab.open();
    const seen: LogLine[] = [];
    const begun = lab.hold({ operation: 'logging:entries.list' }, 'answer');
    const following = (async () => {
      for await (const line of logs(session, 'echo', { follow: true, lines: 0 })) {
        seen.push(line);
        if (seen.filter(({ text }) => text === 'asked').length === 2) session.abort();
      }
    })();
    await begun.reached;
    begun.release();
    await post('first');
    // For longer than one call is asked again.
    lab.fault({ operation: 'logging:entries.list', times: 6 }, { code: 'RESOURCE_EXHAUSTED', message: "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute'" });
    lab.fault({ operation: 'logging:entries.list', nth: 7 }, { kind: 'cut-before' });
    await post('second');
    await following;
    expect(seen.filter(({ text }) => text === 'asked').map(({ release }) => release)).toEqual([2, 2]);
    expect(session.events.some((event) => event.type === 'progress' && event.text.includes('Cloud Logging does not answer'))).toBe(true);
  });

  test('who may not read them is told the permission', async () => {
    const member = `serviceAccount:${lab.world.email('deployer')}`;
    lab.world.policies.revoke(`projects/${lab.project}`, 'roles/owner', member);
    lab.world.policies.grant(`projects/${lab.project}`, 'roles/run.viewer', member);
    const error = await failure(linesOf({ lines: 1 }));
    lab.world.policies.revoke(`projects/${lab.project}`, 'roles/run.viewer', member);
    lab.world.policies.grant(`projects/${lab.project}`, 'roles/owner', member);
    expect(error).toMatchObject({ code: 'GCP_DENIED', kind: 'auth', message: expect.stringContaining('logging.logEntries.list') });
  });

  test('the log of a build is asked for by its id', async () => {
    for (const line of failingLog()) lab.world.logs.add({ logName: `projects/${lab.project}/logs/cloudbuild`, resource: { type: 'build', labels: { build_id: 'b-1', project_id: lab.project, build_trigger_id: '' } }, textPayload: line });
    expect(await buildFailure(await lab.open(), 'projects/1/locations/europe-west1/builds/b-1')).toContain('ERROR: Failed building wheel for broken');
  });
});
