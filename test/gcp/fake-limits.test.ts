import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive, type Lab, server, startLab, template } from './fake-lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
  await lab.put('one.tar.gz', await archive('tar', { 'server.py': server('one') }));
});
afterAll(() => lab.stop());

const limits = (cpu: string, memory: string, more: object = {}) => ({ resources: { limits: { cpu, memory }, cpuIdle: true, ...more } });

describe('a service is refused', () => {
  const cases: [why: string, id: string, template: object, service: object, message: RegExp][] = [
    ['for 50 letters', 'a'.repeat(50), {}, {}, /fewer than 50/],
    ['for a capital', 'Echo', {}, {}, /only lowercase/],
    ['for a hyphen at its end', 'echo-', {}, {}, /cannot end with hyphen/],
    ['without a container', 'echo', { containers: [] }, {}, /at least one container/],
    ['without an image', 'echo', template('one.tar.gz', {}, { image: '' }), {}, /image: must be set/],
    ['without its source', 'echo', template('one.tar.gz', {}, { sourceCode: {} }), {}, /source_code: must be set/],
    ['without a command', 'echo', template('one.tar.gz', {}, { command: [] }), {}, /command: must be set/],
    ['for a base image that is none', 'echo', template('one.tar.gz', {}, { baseImageUri: 'python39' }), {}, /'python39' is not a valid base image/],
    ['for three CPUs', 'echo', template('one.tar.gz', {}, limits('3', '1Gi')), {}, /must be 2, 4, 6 or 8/],
    ['for five GiB with one CPU', 'echo', template('one.tar.gz', {}, limits('1', '5Gi')), {}, /between 128Mi and 4Gi/],
    ['for one GiB with four CPUs', 'echo', template('one.tar.gz', {}, limits('4', '1Gi')), {}, /at least 2Gi/],
    ['for 64 MiB', 'echo', template('one.tar.gz', {}, limits('1', '64Mi')), {}, /Minimum.*128Mi/],
    ['for memory that is no quantity', 'echo', template('one.tar.gz', {}, limits('1', 'much')), {}, /'much'/],
    ['for two requests at once on half a CPU', 'echo', template('one.tar.gz', { maxInstanceRequestConcurrency: 2 }, limits('0.5', '512Mi')), {}, /cpu < 1 is not supported with concurrency > 1/],
    ['for half a CPU that is always there', 'echo', template('one.tar.gz', {}, limits('0.5', '512Mi', { cpuIdle: false })), {}, /cpu always allocated/],
    ['for 1001 requests at once', 'echo', template('one.tar.gz', { maxInstanceRequestConcurrency: 1001 }), {}, /between 0 and 1000/],
    ['for more at least than at most', 'echo', template('one.tar.gz', { scaling: { minInstanceCount: 3, maxInstanceCount: 2 } }), {}, /must not be greater/],
    ['for 201 instances of a CPU where 200 are allowed', 'echo', template('one.tar.gz', { scaling: { maxInstanceCount: 201 } }), {}, /must be set to 200 or fewer[^]*allowed: 200000/],
    ['for a connector that is not there', 'echo', template('one.tar.gz', { vpcAccess: { connector: 'projects/lab-project/locations/europe-west1/connectors/none' } }), {}, /connectors\/none does not exist/],
    ['for 3601 s', 'echo', template('one.tar.gz', { timeout: { seconds: 3601 } }), {}, /between 1 and 3600/],
    ['for the variable PORT', 'echo', template('one.tar.gz', {}, { env: [{ name: 'PORT', value: '1' }] }), {}, /reserved env names were provided: PORT/],
    ['for a variable that is named twice', 'echo', template('one.tar.gz', {}, { env: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }] }), {}, /Duplicate environment variable A/],
    ['for a label with a capital', 'echo', template('one.tar.gz', { labels: { Team: 'x' } }), {}, /lowercase letter/],
    ['for a label value with a dot', 'echo', template('one.tar.gz'), { labels: { team: 'a.b' } }, /Label value 'a.b'/],
    ['for a revision that is not named after it', 'echo', template('one.tar.gz', { revision: 'other-1' }), {}, /must start with the name of the service/],
    ['for traffic of 90 %', 'echo', template('one.tar.gz'), { traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 90 }] }, /must sum to 100, the sum is 90/],
    ['for a tag of two letters', 'echo', template('one.tar.gz'), { traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100, tag: 'r3' }] }, /at least 3 characters/],
    ['for a tag that is too long with its name', 'echo', template('one.tar.gz'), { traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100, tag: 't'.repeat(43) }] }, /cannot exceed 46/],
    ['for a tag with a dot', 'echo', template('one.tar.gz'), { traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100, tag: 'a.b.c' }] }, /lower case letters/],
  ];

  test.each(cases)('%s', async (_why, id, wanted, more, message) => {
    const { services } = await lab.clients();
    const asked = services.createService({ parent: lab.parent, serviceId: id, service: { template: wanted as never, ...more } });
    await expect(asked).rejects.toMatchObject({ code: 3, message: expect.stringMatching(message) });
    expect(lab.services.held.size).toBe(0);
  });
});

test('what is not said is filled in', async () => {
  const { services } = await lab.clients();
  const { name } = await lab.deploy('defaults', template('one.tar.gz'));
  const [{ template: filled, traffic, ingress }] = await services.getService({ name });
  expect(filled).toMatchObject({ maxInstanceRequestConcurrency: 80, timeout: { seconds: '300' }, scaling: { maxInstanceCount: 100 } });
  expect(filled?.containers?.[0]).toMatchObject({ resources: { limits: { cpu: '1000m', memory: '512Mi' }, cpuIdle: true } });
  expect(traffic).toMatchObject([{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]);
  expect(ingress).toBe('INGRESS_TRAFFIC_ALL');
  expect((await services.getService({ name }))[0].reconciling).toBe(false);
});

test('a source that is not there, and one that is no archive, fail the revision', async () => {
  await lab.put('text.tar.gz', Buffer.from('no archive'));
  await expect(lab.deploy('missing', template('none.tar.gz'))).rejects.toMatchObject({ code: 9, message: expect.stringContaining('none.tar.gz was not found') });
  await expect(lab.deploy('text', template('text.tar.gz'))).rejects.toMatchObject({ code: 9, message: expect.stringContaining('not a tar.gz') });
});

test('validate_only changes nothing', async () => {
  const { services } = await lab.clients();
  const [operation] = await services.createService({ parent: lab.parent, serviceId: 'only-asked', service: { template: template('one.tar.gz') as never }, validateOnly: true });
  expect(operation.done).toBe(true);
  await expect(services.getService({ name: `${lab.parent}/services/only-asked` })).rejects.toMatchObject({ code: 5 });
});
