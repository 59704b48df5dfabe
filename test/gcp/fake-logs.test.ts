import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { archive, type Lab, server, startLab, template } from './fake-lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
  await lab.put('one.tar.gz', await archive('tar', { 'server.py': server('one') }));
  const { uri } = await lab.deploy('echo', template('one.tar.gz', { revision: 'echo-1' }));
  await lab.ask(uri);
  // What the platform tells of its start, two lines of its own, and the request.
  await vi.waitUntil(() => lab.world.logs.entries.length === 5, { timeout: 20_000 });
});
afterAll(() => lab.stop());

const list = async (filter: string, more: object = {}) => (await lab.rest('logging', 'POST', '/v2/entries:list', { resourceNames: [`projects/${lab.project}`], filter, ...more })).body;

test('what the code prints is there, structured where it is JSON, with its revision', async () => {
  const filter = 'resource.type="cloud_run_revision" AND resource.labels.service_name="echo"';
  const { entries } = await list(filter);
  expect(entries.find((entry: { textPayload?: string }) => entry.textPayload === 'starting one')).toMatchObject({ logName: `projects/${lab.project}/logs/run.googleapis.com%2Fstdout`, resource: { labels: { revision_name: 'echo-1', location: 'europe-west1' } } });
  const structured = entries.find((entry: { jsonPayload?: object }) => entry.jsonPayload);
  expect(structured).toMatchObject({ severity: 'INFO', jsonPayload: { message: 'asked', word: 'one' } });
  expect(entries.find((entry: { httpRequest?: object }) => entry.httpRequest)).toMatchObject({ logName: expect.stringContaining('requests'), httpRequest: { requestMethod: 'POST', status: 200 } });
});

test.each([
  ['severity>=INFO', 4],
  ['severity<INFO', 1],
  ['textPayload:"starting one"', 1],
  ['textPayload="starting"', 0],
  ['NOT textPayload:"starting"', 3],
  ['logName=("projects/lab-project/logs/run.googleapis.com%2Fstdout" OR "projects/lab-project/logs/none")', 2],
  ['logName=("projects/lab-project/logs/none") OR httpRequest.status=200', 1],
  ['(severity=INFO httpRequest.status>=500)', 0],
  ['jsonPayload.word="one"', 1],
  ['jsonPayload.word=~"^o.e$"', 1],
  ['timestamp>="2020-01-01T00:00:00Z"', 5],
  ['timestamp>"2999-01-01T00:00:00.000000001Z"', 0],
  ['resource.labels."service_name"="echo"', 5],
  ['"starting one"', 1],
  ['-- a comment\nseverity=DEFAULT', 1],
])('the filter %s finds %i', async (filter, count) => {
  expect((await list(filter)).entries ?? []).toHaveLength(count);
});

test.each(['severity>=', 'severity ERROR', '(a=1', 'a=1)', 'AND a=1'])('the filter %s is refused', async (filter) => {
  expect((await list(filter)).error).toMatchObject({ status: 'INVALID_ARGUMENT', message: expect.stringContaining('Unparseable filter') });
});

test('pages, order and bad questions', async () => {
  const first = await list('', { pageSize: 3 });
  const second = await list('', { pageSize: 3, pageToken: first.nextPageToken });
  const all = [...first.entries, ...second.entries].map(({ insertId }) => insertId);
  expect(new Set(all).size).toBe(5);
  expect(second.nextPageToken).toBeUndefined();
  expect((await list('', { orderBy: 'timestamp desc' })).entries.map(({ insertId }: { insertId: string }) => insertId)).toEqual(all.toReversed());
  expect((await list('', { orderBy: 'severity' })).error.status).toBe('INVALID_ARGUMENT');
  expect((await list('', { pageSize: 1001 })).error.status).toBe('INVALID_ARGUMENT');
  expect((await lab.rest('logging', 'POST', '/v2/entries:list', { filter: '' })).body.error.status).toBe('INVALID_ARGUMENT');
});
