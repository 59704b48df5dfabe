import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { archive, type Lab, server, split, startLab, template } from './fake-lab.ts';

let lab: Lab;
let name: string;

/** One try, so that each fault is seen. */
const ONCE = { retry: { retryCodes: [], backoffSettings: { initialRetryDelayMillis: 1, retryDelayMultiplier: 1, maxRetryDelayMillis: 1, initialRpcTimeoutMillis: 5000, rpcTimeoutMultiplier: 1, maxRpcTimeoutMillis: 5000, totalTimeoutMillis: 5000 } } };

beforeAll(async () => {
  lab = await startLab();
  for (const word of ['one', 'two']) await lab.put(`${word}.tar.gz`, await archive('tar', { 'server.py': server(word) }));
  ({ name } = await lab.deploy('echo', template('one.tar.gz')));
});
afterAll(() => lab.stop());
afterEach(() => (lab.world.gate.calm(), lab.clear()));

const described = async (description: string) => {
  const { services } = await lab.clients();
  return services.updateService({ service: { name, description }, updateMask: { paths: ['description'] } }, ONCE);
};
const description = () => lab.services.find(name).service.description;

test.each([
  ['UNAVAILABLE', 14],
  ['RESOURCE_EXHAUSTED', 8],
  ['DEADLINE_EXCEEDED', 4],
  ['UNAUTHENTICATED', 16],
] as const)('%s is answered where it was asked for, and nothing is done', async (code, number) => {
  lab.fault({ operation: 'run:UpdateService' }, { code });
  const before = description();
  await expect(described(code)).rejects.toMatchObject({ code: number });
  expect(description()).toBe(before);
  await expect(described(code)).resolves.toBeDefined();
  expect(description()).toBe(code);
});

test('a call is done, and said to have failed', async () => {
  lab.fault({ operation: 'run:UpdateService' }, { kind: 'error-after', code: 'UNAVAILABLE' });
  await expect(described('done all the same')).rejects.toMatchObject({ code: 14 });
  expect(description()).toBe('done all the same');
});

test('a connection is cut before the call is done, and after', async () => {
  lab.fault({ operation: 'run:UpdateService' }, { kind: 'cut-before' });
  await expect(described('before')).rejects.toMatchObject({ code: 14 });
  expect(description()).not.toBe('before');
  lab.fault({ operation: 'run:UpdateService' }, { kind: 'cut-after' });
  await expect(described('after')).rejects.toMatchObject({ code: 14 });
  expect(description()).toBe('after');
  expect(lab.calls.filter((call) => call.name === 'run:UpdateService').map(({ code }) => code)).toEqual([null, null]);
});

test('the nth call of all is meant, and those that follow it', async () => {
  lab.fault({ nth: 2, times: 2 }, { code: 'UNAVAILABLE' });
  const { services } = await lab.clients();
  const told = [];
  for (let turn = 0; turn < 4; turn += 1) told.push(await services.getService({ name }, ONCE).then(() => 'OK', ({ code }: { code: number }) => code));
  expect(told).toEqual(['OK', 14, 14, 'OK']);
});

test('a call is held before it is done, and after', async () => {
  const before = lab.hold({ operation: 'run:UpdateService' }, 'request');
  const asked = described('held');
  await before.reached;
  expect(description()).not.toBe('held');
  const after = lab.hold({ operation: 'run:UpdateService' }, 'answer');
  before.release();
  await asked;
  const again = described('held again');
  const call = await after.reached;
  expect(call).toMatchObject({ name: 'run:UpdateService', resource: name, caller: expect.stringContaining('deployer@'), code: 'OK' });
  expect(description()).toBe('held again');
  after.release();
  await again;
});

test('an operation never ends where that was asked for', async () => {
  const { services } = await lab.clients();
  lab.world.operations.endless.add('echo');
  const [operation] = await services.updateService({ service: { name, description: 'for ever' }, updateMask: { paths: ['description'] } });
  await new Promise((resolve) => setTimeout(resolve, 3 * lab.world.operations.duration));
  expect((await services.checkUpdateServiceProgress(operation.name as string)).done).toBe(false);
  lab.world.operations.endless.clear();
});

test('bytes and callers of each call are known', async () => {
  await described('x'.repeat(500));
  const { changes, calls, sent } = lab;
  expect(changes()).toEqual(['run:UpdateService']);
  expect(calls.find((call) => call.name === 'run:UpdateService')?.bytes).toBeGreaterThan(500);
  expect(sent()).toBeGreaterThan(500);
});

test('under a change of traffic no request fails', async () => {
  const { services } = await lab.clients();
  const { uri, name: own } = await lab.deploy('busy', template('one.tar.gz', { revision: 'busy-1' }));
  const set = async (service: object, paths: string[]) => (await services.updateService({ service: { name: own, ...service }, updateMask: { paths } }))[0].promise();
  await set({ template: template('two.tar.gz', { revision: 'busy-2' }), traffic: split(['busy-1', 100], ['busy-2', 0, 'rel-2']) }, ['template', 'traffic']);
  const load = new AbortController();
  const statuses: number[] = [];
  const asking = Array.from({ length: 4 }, async () => {
    while (!load.signal.aborted) statuses.push((await lab.ask(uri)).status);
  });
  for (const [one, two] of [[50, 50], [0, 100], [100, 0]] as const) await set({ traffic: split(['busy-1', one, 'rel-1'], ['busy-2', two]) }, ['traffic']);
  load.abort();
  await Promise.all(asking);
  expect(statuses.length).toBeGreaterThan(20);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('the code that it runs ends with it, also when it is killed', async () => {
  const script = path.join(import.meta.dirname, '../../scripts/gcp-emulator.mjs');
  const emulator = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const env: Record<string, string> = {};
  for await (const line of createInterface({ input: emulator.stdout })) {
    const [, variable, value] = /^ +(?:export|set) (\w+)=(.*)$/.exec(line) ?? [];
    if (variable !== undefined) env[variable] = value as string;
    if (variable === 'STORAGE_EMULATOR_HOST') break;
  }
  const storage = env['STORAGE_EMULATOR_HOST'] as string;
  await fetch(`${storage}/storage/v1/b?project=lab-project`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'mlfn-lab-sources', location: 'EUROPE-WEST1' }) });
  const code = `${server('one').replace('"word": "one",', '"pid": os.getpid(),')}`;
  const bytes = new Uint8Array(await archive('tar', { 'server.py': code }));
  await fetch(`${storage}/upload/storage/v1/b/mlfn-lab-sources/o?uploadType=media&name=one.tar.gz`, { method: 'POST', body: bytes });
  const services = await servicesAt(env);
  const [operation] = await services.createService({ parent: 'projects/lab-project/locations/europe-west1', serviceId: 'echo', service: { template: template('one.tar.gz') as never, invokerIamDisabled: true } });
  const [service] = await operation.promise();
  const answer = await fetch(service.uri as string, { method: 'POST', body: '{}' });
  const { pid } = (await answer.json()) as { pid: number };
  expect(isThere(pid)).toBe(true);
  emulator.kill('SIGKILL');
  await expect.poll(() => isThere(pid), { timeout: 20_000 }).toBe(false);
  await services.close();
});

/** Of a fake in another process, whose authority is another one. */
async function servicesAt(env: Record<string, string>) {
  const { credentials, Metadata } = await import('@grpc/grpc-js');
  const { ServicesClient } = await import('@google-cloud/run');
  const tokens = `http://${env['GCE_METADATA_HOST']}/computeMetadata/v1/instance/service-accounts/default/token`;
  const { access_token: token } = (await (await fetch(tokens, { headers: { 'metadata-flavor': 'Google' } })).json()) as { access_token: string };
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const ssl = credentials.createSsl(readFileSync(env['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'] as string));
  const sslCreds = credentials.combineChannelCredentials(ssl, credentials.createFromMetadataGenerator((_, done) => done(null, metadata)));
  const url = new URL(env['CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN'] as string);
  return new ServicesClient({ sslCreds: sslCreds as never, apiEndpoint: url.hostname, port: Number(url.port) });
}

function isThere(pid: number): boolean {
  try {
    // A zombie is gone: nobody has asked after it yet.
    return process.kill(pid, 0) && !(process.platform === 'linux' && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  } catch {
    return false;
  }
}
