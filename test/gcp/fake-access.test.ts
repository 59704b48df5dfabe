import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { archive, type Lab, server, startLab, template } from './fake-lab.ts';

let lab: Lab;
let name: string;
let uri: string;
let deployer: string;

beforeAll(async () => {
  lab = await startLab();
  deployer = `serviceAccount:${lab.world.email('deployer')}`;
  await lab.put('one.tar.gz', await archive('tar', { 'server.py': server('one') }));
  ({ name, uri } = await lab.deploy('echo', template('one.tar.gz')));
});
afterAll(() => lab.stop());
afterEach(() => lab.world.policies.grant(`projects/${lab.project}`, 'roles/owner', deployer));

const invokers = (...members: string[]) => lab.world.policies.set(name, { bindings: [{ role: 'roles/run.invoker', members }] });

test('a closed service answers its invokers and nobody else', async () => {
  invokers('user:ada@example.com');
  expect((await lab.ask(uri, { email: null })).status).toBe(403);
  expect((await lab.ask(uri, { email: 'eve@example.com' })).status).toBe(403);
  expect((await lab.ask(uri, { email: 'ada@example.com' })).status).toBe(200);
  expect((await lab.ask(uri, { email: 'ada@example.com', audience: 'https://other.example' })).status).toBe(401);
  const forged = await lab.ask(uri, { email: null, headers: { authorization: 'Bearer a.b.c' } });
  expect(forged.status).toBe(401);
  expect(forged.headers.get('www-authenticate')).toContain('invalid_token');
});

test('the signature of a token does not reach the code', async () => {
  const { text } = await lab.ask(uri);
  expect((JSON.parse(text) as { authorization: string }).authorization).toMatch(/\.SIGNATURE_REMOVED_BY_GOOGLE$/);
});

test('allUsers opens it, and going closes it', async () => {
  invokers('allUsers');
  expect((await lab.ask(uri, { email: null })).status).toBe(200);
  invokers();
  expect((await lab.ask(uri, { email: null })).status).toBe(403);
});

test('a policy that was read before another change is not written', async () => {
  const { services } = await lab.clients();
  const [policy] = await services.getIamPolicy({ resource: name });
  invokers('user:ada@example.com');
  await expect(services.setIamPolicy({ resource: name, policy: { ...policy, bindings: [] } })).rejects.toMatchObject({ code: 10, message: expect.stringContaining('concurrent policy changes') });
});

test.each([
  ['nobody', /not of the form TYPE:ID/],
  ['user:ada', /Invalid principal/],
  ['serviceAccount:none@lab-project.iam.gserviceaccount.com', /does not exist/],
])('the member %s is refused', async (member, message) => {
  const { services } = await lab.clients();
  const set = services.setIamPolicy({ resource: name, policy: { bindings: [{ role: 'roles/run.invoker', members: [member] }] } });
  await expect(set).rejects.toMatchObject({ code: 3, message: expect.stringMatching(message) });
});

test('a role that is taken away is a permission that is missing', async () => {
  const { services } = await lab.clients();
  lab.world.policies.revoke(`projects/${lab.project}`, 'roles/owner', deployer);
  lab.world.policies.grant(`projects/${lab.project}`, 'roles/run.viewer', deployer);
  await expect(services.getService({ name })).resolves.toBeDefined();
  await expect(services.deleteService({ name })).rejects.toMatchObject({ code: 7, message: expect.stringContaining("'run.services.delete'"), reason: 'IAM_PERMISSION_DENIED' });
});

test('a service runs as an account that is there and that the caller may act as', async () => {
  await expect(lab.deploy('as-none', template('one.tar.gz', { serviceAccount: lab.world.email('none') }))).rejects.toMatchObject({ code: 7, message: expect.stringContaining('iam.serviceaccounts.actAs') });
  lab.world.account('runner-1');
  await expect(lab.deploy('as-new', template('one.tar.gz', { serviceAccount: lab.world.email('runner-1') }))).rejects.toMatchObject({ code: 3, message: expect.stringContaining('does not exist') });
  await expect.poll(() => lab.world.knows(lab.world.email('runner-1'))).toBe(true);
  const { uri: own } = await lab.deploy('as-known', template('one.tar.gz', { serviceAccount: lab.world.email('runner-1') }));
  const { env } = JSON.parse((await lab.ask(own)).text) as { env: Record<string, string> };
  const email = await fetch(`http://${env['GCE_METADATA_HOST']}/computeMetadata/v1/instance/service-accounts/default/email`, { headers: { 'metadata-flavor': 'Google' } });
  expect(await email.text()).toBe(lab.world.email('runner-1'));
  expect(env).toMatchObject({ K_SERVICE: 'as-known', STORAGE_EMULATOR_HOST: lab.storage.endpoint });
  expect(env['GOOGLE_CLOUD_PROJECT']).toBeUndefined();
});

test('an API that is off, another project and an unknown region are refused, each with its reason', async () => {
  const { services } = await lab.clients();
  lab.world.apis.delete('run.googleapis.com');
  await expect(services.getService({ name })).rejects.toMatchObject({ code: 7, reason: 'SERVICE_DISABLED', errorInfoMetadata: { service: 'run.googleapis.com' } });
  lab.world.apis.add('run.googleapis.com');
  await expect(services.getService({ name: 'projects/other/locations/europe-west1/services/echo' })).rejects.toMatchObject({ code: 7, reason: 'CONSUMER_INVALID' });
  await expect(services.getService({ name: name.replace('europe-west1', 'moon-1') })).rejects.toMatchObject({ code: 7, message: expect.stringContaining("'locations/moon-1'") });
});

test('a token that has expired is refused, and the next one is not', async () => {
  const { services } = await lab.clients();
  await services.getService({ name });
  lab.world.tokens.expireAll();
  await expect(services.getService({ name })).rejects.toMatchObject({ code: 16, message: expect.stringContaining('invalid authentication credentials') });
  expect((await lab.rest('iam', 'GET', `/v1/projects/${lab.project}/serviceAccounts`)).status).toBe(200);
});
