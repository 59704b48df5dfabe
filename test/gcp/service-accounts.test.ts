/** The two service accounts that mlfn makes, what they may do, and that others' are left alone. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { accountStep, ensureBuildAccount, ensureRuntimeAccount, observeBuildAccount, observeRuntimeAccount, removeRuntimeAccount } from '../../src/providers/gcp/access/service-accounts.ts';
import { bucketPlace, projectPlace } from '../../src/providers/gcp/access/places.ts';
import type { Binding } from '../../src/providers/gcp/access/policy.ts';
import { failure } from '../failure.ts';
import { type AccessLab, type Opened, startAccessLab } from './access-lab.ts';

let lab: AccessLab;
let session: Opened;
beforeAll(async () => {
  lab = await startAccessLab();
  session = await lab.open();
});
afterAll(() => lab?.stop());
beforeEach(() => lab.clear());

const runtime = () => lab.world.email('mlfn-heart');
const build = () => lab.world.email('mlfn-build');
const bindingsOf = (bindings: Binding[] | null | undefined, email: string) => (bindings ?? []).filter(({ members }) => members?.includes(`serviceAccount:${email}`));
const onBucket = async (email: string) => bindingsOf((await bucketPlace(session).get()).bindings, email);
const onProject = async (email: string) => bindingsOf((await projectPlace(session).get()).bindings, email);
const changes = () => lab.changes();
const NO_DATA = { read: [], write: [] };
const secrets = (names: string[]) => ({ secrets: names, data: NO_DATA });

test('a function runs as an account of its own, which reads its own models and nothing else', async () => {
  expect(accountStep('service account', await observeRuntimeAccount(session, 'heart', secrets([])))).toMatchObject({ kind: 'ensure', name: runtime(), change: 'create' });
  await ensureRuntimeAccount(session, 'heart', secrets([]));
  expect(lab.world.accounts.has(runtime())).toBe(true);
  expect(await onBucket(runtime())).toMatchObject([
    { role: 'roles/storage.objectViewer', condition: { expression: `resource.name.startsWith("projects/_/buckets/${session.bucket}/objects/functions/heart/models/")` } },
  ]);
  expect(await onProject(runtime())).toEqual([]);
  expect(accountStep('service account', await observeRuntimeAccount(session, 'heart', secrets([])))).toBeNull();
});

test('asked again, nothing is changed', async () => {
  lab.storage.calls.splice(0);
  await ensureRuntimeAccount(session, 'heart', secrets([]));
  expect(changes()).toEqual([]);
  expect(lab.storage.calls.filter(({ name }) => /setIamPolicy/.test(name))).toEqual([]);
});

test('what somebody took from it is given back, and the plan says so', async () => {
  const place = bucketPlace(session);
  const policy = await place.get();
  await place.set({ ...policy, bindings: policy.bindings?.filter(({ members }) => !members?.includes(`serviceAccount:${runtime()}`)) ?? [] });
  expect(accountStep('service account', await observeRuntimeAccount(session, 'heart', secrets([])))).toMatchObject({ change: 'update' });
  await ensureRuntimeAccount(session, 'heart', secrets([]));
  expect(await onBucket(runtime())).toHaveLength(1);
});

test('it reads the secrets of its variables, each by itself', async () => {
  lab.world.secrets.set(`projects/${lab.project}/secrets/token`, { versions: [Buffer.from('x')] });
  expect(await observeRuntimeAccount(session, 'heart', secrets(['token:1']))).toMatchObject({ exists: true, allowed: false });
  await ensureRuntimeAccount(session, 'heart', secrets(['token:1', 'token:latest']));
  expect(lab.world.policies.get(`projects/${lab.project}/secrets/token`).bindings).toEqual([{ role: 'roles/secretmanager.secretAccessor', members: [`serviceAccount:${runtime()}`] }]);
  expect(await observeRuntimeAccount(session, 'heart', secrets(['token:1']))).toMatchObject({ allowed: true });
  // Of an old release; somebody removed it since.
  expect(await observeRuntimeAccount(session, 'heart', secrets(['token:1', 'gone:1']))).toMatchObject({ allowed: true });
  await ensureRuntimeAccount(session, 'heart', secrets(['token:1', 'gone:1']));
});

test('builds run as another one, which may write images and logs, and read the sources of functions', async () => {
  const before = lab.world.policies.get(`projects/${lab.project}`).bindings;
  expect(accountStep('build service account', await observeBuildAccount(session))).toMatchObject({ change: 'create', name: build() });
  await ensureBuildAccount(session);
  const own = await onProject(build());
  expect(own.map(({ role }) => role).toSorted()).toEqual(['roles/artifactregistry.writer', 'roles/logging.logWriter', 'roles/storage.objectViewer']);
  expect(own.find(({ role }) => role === 'roles/storage.objectViewer')?.condition?.expression).toBe('resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")');
  expect(lab.world.policies.get(`projects/${lab.project}`).bindings).toEqual(expect.arrayContaining(before));
  expect(accountStep('build service account', await observeBuildAccount(session))).toBeNull();
});

test('somebody else changes the policy of the project in between', async () => {
  lab.world.policies.revoke(`projects/${lab.project}`, 'roles/logging.logWriter', `serviceAccount:${build()}`);
  const held = lab.hold({ operation: 'cloudresourcemanager:projects.setIamPolicy' }, 'request');
  const ensured = ensureBuildAccount(session);
  await held.reached;
  lab.world.policies.grant(`projects/${lab.project}`, 'roles/viewer', 'user:eve@example.com');
  held.release();
  await ensured;
  const { bindings } = lab.world.policies.get(`projects/${lab.project}`);
  expect(bindings).toEqual(expect.arrayContaining([expect.objectContaining({ role: 'roles/viewer', members: ['user:eve@example.com'] })]));
  expect((await onProject(build())).map(({ role }) => role)).toContain('roles/logging.logWriter');
});

test('one that was made by another command at the same moment is taken', async () => {
  const held = lab.hold({ operation: 'iam:serviceAccounts.create' }, 'request');
  const ensured = ensureRuntimeAccount(session, 'twice', secrets([]));
  await held.reached;
  lab.world.account('mlfn-twice');
  held.release();
  await ensured;
  expect(await onBucket(lab.world.email('mlfn-twice'))).toHaveLength(1);
});

test('a long name makes a short account', async () => {
  const name = 'a-function-with-a-rather-long-name';
  await ensureRuntimeAccount(session, name, secrets([]));
  const made = [...lab.world.accounts.values()].find(({ description }) => description.includes(name));
  expect(made?.email).toMatch(/^mlfn-a-function-with[a-z0-9-]*@/);
  expect(made?.email.split('@')[0]?.length).toBeLessThanOrEqual(30);
  await removeRuntimeAccount(session, name, secrets([]));
});

test('one that is disabled is told, with the command', async () => {
  lab.world.account('mlfn-off').disabled = true;
  expect(await failure(ensureRuntimeAccount(session, 'off', secrets([])))).toMatchObject({ code: 'GCP_ACCOUNT_DISABLED', hint: `Enable it: gcloud iam service-accounts enable ${lab.world.email('mlfn-off')} --project ${lab.project}` });
});

test('it goes with the function, and leaves nothing in any policy', async () => {
  await removeRuntimeAccount(session, 'heart', secrets(['token:1']));
  expect(lab.world.accounts.has(runtime())).toBe(false);
  expect(JSON.stringify([(await bucketPlace(session).get()).bindings, lab.world.policies.get(`projects/${lab.project}/secrets/token`)])).not.toContain('mlfn-heart');
  await removeRuntimeAccount(session, 'heart', secrets(['token:1']));
});

test('an account of that name that mlfn did not make stays', async () => {
  lab.world.account('mlfn-theirs', 'Somebody made it');
  await removeRuntimeAccount(session, 'theirs', secrets([]));
  expect(lab.world.accounts.has(lab.world.email('mlfn-theirs'))).toBe(true);
});

test('with accounts of the user nothing is made, asked or changed', async () => {
  const own = await lab.open({ serviceAccount: 'own@example.com', buildServiceAccount: 'builder@example.com' });
  expect(await observeRuntimeAccount(own, 'heart', secrets([]))).toMatchObject({ email: 'own@example.com', own: true });
  expect(accountStep('service account', await observeRuntimeAccount(own, 'heart', secrets([])))).toBeNull();
  expect(accountStep('build service account', await observeBuildAccount(own))).toBeNull();
  await ensureRuntimeAccount(own, 'heart', secrets(['token:1']));
  await ensureBuildAccount(own);
  expect(lab.calls).toEqual([]);
});
