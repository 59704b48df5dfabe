import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, startLab } from './fake-lab.ts';

let lab: Lab;
let own: string;

beforeAll(async () => {
  lab = await startLab();
  own = `projects/${lab.project}`;
});
afterAll(() => lab.stop());

describe('service accounts', () => {
  const accounts = () => `/v1/${own}/serviceAccounts`;

  test('are made, listed, read and deleted', async () => {
    const made = await lab.rest('iam', 'POST', accounts(), { accountId: 'mlfn-echo', serviceAccount: { displayName: 'echo' } });
    const email = lab.world.email('mlfn-echo');
    expect(made).toMatchObject({ status: 200, body: { email, name: `${own}/serviceAccounts/${email}` } });
    expect((await lab.rest('iam', 'GET', accounts())).body.accounts.map((account: { email: string }) => account.email)).toContain(email);
    expect((await lab.rest('iam', 'POST', accounts(), { accountId: 'mlfn-echo' })).body.error).toMatchObject({ code: 409, status: 'ALREADY_EXISTS' });
    expect((await lab.rest('iam', 'DELETE', `${accounts()}/${email}`)).status).toBe(200);
    expect((await lab.rest('iam', 'GET', `${accounts()}/${email}`)).body.error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
  });

  test.each(['short', 'Capital-letter', 'x'.repeat(31), 'ends-with-'])('the id %s is refused', async (accountId) => {
    expect((await lab.rest('iam', 'POST', accounts(), { accountId })).body.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  });

  test('a new one is not known at once where policies are kept', async () => {
    await lab.rest('iam', 'POST', accounts(), { accountId: 'mlfn-new' });
    const policy = { bindings: [{ role: 'roles/viewer', members: [`serviceAccount:${lab.world.email('mlfn-new')}`] }] };
    const set = () => lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:setIamPolicy`, { policy: { bindings: [...lab.world.policies.get(own).bindings, ...policy.bindings] } });
    expect((await set()).body.error).toMatchObject({ status: 'INVALID_ARGUMENT', message: expect.stringContaining('does not exist') });
    await expect.poll(async () => (await set()).status).toBe(200);
  });
});

test('a project tells its number, what may be done, and refuses an old etag', async () => {
  expect((await lab.rest('cloudresourcemanager', 'GET', `/v3/${own}`)).body).toMatchObject({ name: 'projects/123456789012', projectId: lab.project, state: 'ACTIVE' });
  const permissions = ['run.services.create', 'storage.buckets.create'];
  expect((await lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:testIamPermissions`, { permissions })).body).toEqual({ permissions });
  const { body: policy } = await lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:getIamPolicy`, {});
  lab.world.policies.grant(own, 'roles/viewer', 'user:ada@example.com');
  expect((await lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:setIamPolicy`, { policy })).body.error).toMatchObject({ code: 409, status: 'ABORTED' });
  expect((await lab.rest('cloudresourcemanager', 'GET', '/v3/projects/other')).body.error).toMatchObject({ code: 403, status: 'PERMISSION_DENIED' });
});

test('conditions are kept for those who ask for version 3', async () => {
  const member = 'user:ada@example.com';
  const condition = { title: 'sources', expression: 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")' };
  const bindings = [...lab.world.policies.get(own).bindings, { role: 'roles/storage.objectViewer', members: [member], condition }];
  expect((await lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:setIamPolicy`, { policy: { bindings } })).body.error).toMatchObject({ message: expect.stringContaining('version 3') });
  expect((await lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:setIamPolicy`, { policy: { bindings, version: 3 } })).status).toBe(200);
  const read = async (options: object) => (await lab.rest('cloudresourcemanager', 'POST', `/v3/${own}:getIamPolicy`, { options })).body.bindings.find(({ members }: { members: string[] }) => members.includes(member) && members.length === 1);
  expect(lab.world.policies.get(own, 3).bindings).toContainEqual({ role: 'roles/storage.objectViewer', members: [member], condition });
  expect(await read({ requestedPolicyVersion: 1 })).not.toHaveProperty('condition');
  expect(lab.world.policies.allowsObject(member, 'storage.objects.get', 'projects/_/buckets/gcf-v2-sources-1/objects/a')).toBe(true);
  expect(lab.world.policies.allowsObject(member, 'storage.objects.get', 'projects/_/buckets/other/objects/a')).toBe(false);
});

test('APIs that are off, and a project that nobody pays for, are told', async () => {
  lab.world.apis.delete('cloudbuild.googleapis.com');
  const names = ['run', 'cloudbuild'].map((api) => `names=${own}/services/${api}.googleapis.com`).join('&');
  const { body } = await lab.rest('serviceusage', 'GET', `/v1/${own}/services:batchGet?${names}`);
  expect(body.services.map(({ state }: { state: string }) => state)).toEqual(['ENABLED', 'DISABLED']);
  expect((await lab.rest('cloudbuild', 'GET', `/v1/${own}/locations/europe-west1/builds/1`)).body.error.details[0]).toMatchObject({ reason: 'SERVICE_DISABLED' });
  lab.world.apis.add('cloudbuild.googleapis.com');
  lab.world.billed = false;
  expect((await lab.rest('cloudbilling', 'GET', `/v1/${own}/billingInfo`)).body).toMatchObject({ billingEnabled: false });
});

test('secrets have versions, values for those who may see them, and a policy', async () => {
  lab.world.secret('token', 'one');
  lab.world.secret('token', 'two');
  const secret = `/v1/${own}/secrets/token`;
  expect((await lab.rest('secretmanager', 'GET', `${secret}/versions/1`)).body).toMatchObject({ name: 'projects/123456789012/secrets/token/versions/1', state: 'ENABLED' });
  const { body } = await lab.rest('secretmanager', 'GET', `${secret}/versions/latest:access`);
  expect(Buffer.from(body.payload.data, 'base64').toString()).toBe('two');
  expect((await lab.rest('secretmanager', 'GET', `${secret}/versions/3`)).status).toBe(404);
  const { body: policy } = await lab.rest('secretmanager', 'GET', `${secret}:getIamPolicy?options.requestedPolicyVersion=3`);
  const bindings = [{ role: 'roles/secretmanager.secretAccessor', members: ['user:ada@example.com'] }];
  expect((await lab.rest('secretmanager', 'POST', `${secret}:setIamPolicy`, { policy: { ...policy, bindings } })).body.bindings).toEqual(bindings);
});

test('a repository has a cleanup policy, and packages that go', async () => {
  lab.world.pushed(`europe-west1-docker.pkg.dev/${lab.project}/gcf-artifacts/echo:version_1`);
  lab.world.pushed(`europe-west1-docker.pkg.dev/${lab.project}/gcf-artifacts/echo:version_2`);
  const repository = `/v1/${lab.parent}/repositories/gcf-artifacts`;
  const cleanupPolicies = { old: { id: 'old', action: 'DELETE', condition: { olderThan: '604800s', tagState: 'ANY' } } };
  expect((await lab.rest('artifactregistry', 'PATCH', repository, { cleanupPolicies })).body.error.message).toContain('update_mask');
  await lab.rest('artifactregistry', 'PATCH', `${repository}?updateMask=cleanupPolicies`, { cleanupPolicies });
  expect((await lab.rest('artifactregistry', 'GET', repository)).body).toMatchObject({ format: 'DOCKER', cleanupPolicies });
  const wrong = { old: { action: 'DELETE', mostRecentVersions: { keepCount: 1 } } };
  expect((await lab.rest('artifactregistry', 'PATCH', `${repository}?updateMask=cleanupPolicies`, { cleanupPolicies: wrong })).status).toBe(400);
  expect((await lab.rest('artifactregistry', 'GET', `${repository}/packages/echo/versions`)).body.versions).toHaveLength(2);
  const { body: operation } = await lab.rest('artifactregistry', 'DELETE', `${repository}/packages/echo`);
  await expect.poll(async () => (await lab.rest('artifactregistry', 'GET', `/v1/${operation.name}`)).body.done).toBe(true);
  expect((await lab.rest('artifactregistry', 'GET', `${repository}/packages`)).body.packages).toEqual([]);
});

test('tokens in the name of another account are for those who may', async () => {
  const account = `projects/-/serviceAccounts/${lab.world.email('deployer')}`;
  const { body } = await lab.rest('iamcredentials', 'POST', `/v1/${account}:generateIdToken`, { audience: 'https://a.example', includeEmail: true });
  expect(JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString())).toMatchObject({ aud: 'https://a.example', email: lab.world.email('deployer') });
  const editor = `serviceAccount:${lab.world.email('deployer')}`;
  lab.world.policies.revoke(own, 'roles/owner', editor);
  lab.world.policies.grant(own, 'roles/viewer', editor);
  expect((await lab.rest('iamcredentials', 'POST', `/v1/${account}:generateIdToken`, { audience: 'https://a.example' })).status).toBe(403);
  lab.world.policies.grant(own, 'roles/owner', editor);
});

test('unknown fields, unknown methods and calls of one API at another are refused', async () => {
  expect((await lab.rest('iam', 'POST', `/v1/${own}/serviceAccounts`, { accountID: 'mlfn-echo' })).body.error.message).toContain('Unknown name "accountID"');
  expect((await lab.rest('logging', 'GET', `/v1/${own}/serviceAccounts`)).status).toBe(404);
  const bare = await fetch(`${lab.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM']}v1/${own}/serviceAccounts`);
  expect(bare.status).toBe(401);
});
