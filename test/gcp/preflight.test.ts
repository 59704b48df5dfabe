/** What would stop a deploy, found before anything is made, each with the command that mends it. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apisFor, deployerRole, permissionsFor } from '../../src/providers/gcp/preflight/permissions.ts';
import { preflight } from '../../src/providers/gcp/preflight/preflight.ts';
import { configSchema } from '../../src/providers/gcp/config.ts';
import { failure } from '../failure.ts';
import { type AccessLab, serving, startAccessLab } from './access-lab.ts';

let lab: AccessLab;
let member: string;
let project: string;
beforeAll(async () => {
  lab = await startAccessLab();
  member = `serviceAccount:${lab.world.email('deployer')}`;
  project = `projects/${lab.project}`;
});
afterAll(() => lab?.stop());
beforeEach(() => {
  lab.clear();
  rmSync(path.join(lab.folder, 'cache'), { recursive: true, force: true });
});

const ROLE = () => `${project}/roles/mlfnDeployer`;

/** What preflight says while the deployer has just these permissions. */
async function asked(permissions: string[], config: Parameters<AccessLab['open']>[0] = {}, name = 'echo') {
  lab.world.policies.customRoles.set(ROLE(), permissions);
  lab.world.policies.revoke(project, 'roles/owner', member);
  lab.world.policies.grant(project, ROLE(), member);
  try {
    return await preflight(await lab.open(config), name);
  } finally {
    lab.world.policies.revoke(project, ROLE(), member);
    lab.world.policies.grant(project, 'roles/owner', member);
  }
}

const ALL = deployerRole().includedPermissions;
const without = (...left: string[]) => ALL.filter((each) => !left.includes(each));

test('nothing to say, and who, where and which project is a fact', async () => {
  const session = await lab.open();
  expect(await preflight(session, 'echo')).toEqual([]);
  const facts = session.events.filter(({ type }) => type === 'fact');
  expect(facts).toEqual([{ type: 'fact', label: 'gcp', text: `project ${lab.project} (${lab.world.number})    ${lab.region}    ${member}` }]);
});

test('is asked once a day for the same question', async () => {
  await preflight(await lab.open(), 'echo');
  const first = lab.calls.length;
  lab.clear();
  const session = await lab.open();
  expect(await preflight(session, 'echo')).toEqual([]);
  expect(first).toBeGreaterThan(5);
  expect(lab.calls.filter(({ name }) => !name.startsWith('metadata:'))).toEqual([]);
  expect(session.events[0]).toMatchObject({ type: 'fact', text: expect.stringContaining(lab.world.number) });
  await preflight(await lab.open({ mode: 'run' }), 'echo');
  expect(lab.calls.filter(({ name }) => !name.startsWith('metadata:')).length).toBeGreaterThan(3);
});

describe('the project', () => {
  test('that is not there', async () => {
    const [finding, ...more] = await preflight(await lab.open({ project: 'nobodys-project' }), 'echo');
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ severity: 'error', code: 'gcp-project', message: expect.stringContaining('nobodys-project'), hint: expect.stringContaining('gcloud projects list') });
  });

  test('whose APIs are off: one command for all of them', async () => {
    lab.world.apis.delete('cloudfunctions.googleapis.com');
    lab.world.apis.delete('artifactregistry.googleapis.com');
    const found = await preflight(await lab.open(), 'echo');
    const inRunMode = await preflight(await lab.open({ mode: 'run' }), 'echo');
    for (const api of ['cloudfunctions', 'artifactregistry']) lab.world.apis.add(`${api}.googleapis.com`);
    expect(found).toMatchObject([
      { severity: 'error', code: 'gcp-api', hint: `gcloud services enable cloudfunctions.googleapis.com artifactregistry.googleapis.com --project ${lab.project}` },
    ]);
    expect(inRunMode).toEqual([]);
  });

  test('whose resource manager is off', async () => {
    lab.world.apis.delete('cloudresourcemanager.googleapis.com');
    const found = await preflight(await lab.open(), 'echo');
    lab.world.apis.add('cloudresourcemanager.googleapis.com');
    expect(found).toMatchObject([{ code: 'gcp-api', hint: expect.stringMatching(/^gcloud services enable cloudresourcemanager\.googleapis\.com --project /) }]);
  });

  test('that nobody pays for', async () => {
    lab.world.billed = false;
    const found = await preflight(await lab.open(), 'echo');
    lab.world.billed = true;
    expect(found).toMatchObject([{ severity: 'error', code: 'gcp-billing', hint: expect.stringContaining(`gcloud billing projects link ${lab.project} --billing-account`) }]);
  });

  test('whose billing API is off is not looked at closer', async () => {
    lab.world.apis.delete('cloudbilling.googleapis.com');
    const found = await preflight(await lab.open(), 'echo');
    lab.world.apis.add('cloudbilling.googleapis.com');
    expect(found).toEqual([]);
  });

  test.each(['function', 'run'] as const)('and a region that does not exist, mode %s', async (mode) => {
    const found = await preflight(await lab.open({ mode, region: 'europe-west99' }), 'echo');
    expect(found.filter(({ code }) => code === 'gcp-region')).toMatchObject([{ severity: 'error', message: expect.stringContaining('europe-west99'), hint: expect.stringContaining('europe-west1') }]);
  });
});

describe('permissions', () => {
  test.each(['function', 'run', 'image'] as const)('the role of docs/gcp-role.yaml has all, mode %s', async (mode) => {
    expect(await asked(ALL, { mode })).toEqual([]);
  });

  test('those that are missing are named, with the role that mends it', async () => {
    const found = await asked(without('run.services.update', 'run.services.setIamPolicy', 'logging.logEntries.list'), {}, 'new');
    expect(found).toEqual([
      {
        severity: 'error',
        code: 'gcp-permission',
        message: `${member} may not run.services.setIamPolicy, run.services.update on the project ${lab.project}.`,
        hint: `gcloud projects add-iam-policy-binding ${lab.project} --member ${member} --role roles/run.admin`,
      },
      expect.objectContaining({ message: expect.stringContaining('logging.logEntries.list'), hint: expect.stringContaining('roles/logging.viewer') }),
    ]);
    expect(lab.calls.filter(({ name }) => /\.(create|set|insert)|:(Create|Update|Set)/.test(name))).toEqual([]);
  });

  test('what only the other mode needs is not asked for', async () => {
    const needed = [...permissionsFor(configSchema.parse({ mode: 'run' })).keys()];
    expect(needed.filter((each) => each.startsWith('cloudfunctions.'))).toEqual([]);
    expect(await asked(needed, { mode: 'run' })).toEqual([]);
    expect((await asked(needed)).map(({ hint }) => hint?.split(' ').at(-1))).toContain('roles/cloudfunctions.developer');
  });

  test('a grant on the service itself is one', async () => {
    await lab.serve('granted', { 1: serving(1) });
    const few = without('run.services.update', 'run.services.setIamPolicy', 'run.routes.invoke');
    lab.world.policies.grant(`${lab.parent}/services/granted`, 'roles/run.admin', member);
    expect(await asked(few, {}, 'granted')).toEqual([]);
    expect(await asked(few, {}, 'another')).toHaveLength(1);
  });

  test('to act as a service account of the user is asked on that account', async () => {
    const own = lab.world.account('own');
    const few = without('iam.serviceAccounts.actAs');
    const [finding] = await asked(few, { serviceAccount: own.email });
    expect(finding).toMatchObject({
      message: `${member} may not iam.serviceAccounts.actAs on the service account ${own.email}.`,
      hint: `gcloud iam service-accounts add-iam-policy-binding ${own.email} --member ${member} --role roles/iam.serviceAccountUser`,
    });
    lab.world.policies.grant(`${project}/serviceAccounts/${own.email}`, 'roles/iam.serviceAccountUser', member);
    expect(await asked(few, { serviceAccount: own.email })).toEqual([]);
  });

  test('who may not ask is warned, and goes on', async () => {
    const found = await asked(without('serviceusage.services.get', 'resourcemanager.projects.get'));
    const warnings = found.filter(({ severity }) => severity === 'warning');
    expect(warnings.map(({ code }) => code)).toEqual(['gcp-may-not-ask', 'gcp-may-not-ask', 'gcp-may-not-ask']);
    expect(warnings[1]).toMatchObject({ hint: `gcloud projects add-iam-policy-binding ${lab.project} --member ${member} --role roles/serviceusage.serviceUsageViewer` });
  });
});

describe('credentials', () => {
  test('that Google does not take', async () => {
    lab.metadata.refusing = true;
    const error = await failure(preflight(await lab.open(), 'echo'));
    lab.metadata.refusing = false;
    expect(error).toMatchObject({ code: 'GCP_CREDENTIALS', kind: 'auth' });
  });
});

test('a secret that is not there, or destroyed, is told before anything is made', async () => {
  lab.world.secrets.set(`projects/${lab.project}/secrets/token`, { versions: [null, Buffer.from('x')] });
  expect(await preflight(await lab.open({ secrets: { A: 'token:2', B: 'token:latest' } }), 'echo')).toEqual([]);
  const found = await preflight(await lab.open({ secrets: { A: 'token:1', B: 'token:9', C: 'nothing:latest' } }), 'echo');
  expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
    'gcp-secret The secret token:1 of the variable A is destroyed.',
    'gcp-secret The secret token:9 of the variable B does not exist.',
    'gcp-secret The secret nothing:latest of the variable C does not exist.',
  ]);
  expect(lab.calls.filter(({ name }) => name.endsWith('versions.access'))).toEqual([]);
});

test('the APIs of each setting', () => {
  expect(apisFor(configSchema.parse({ mode: 'run' }))).not.toContain('cloudbuild.googleapis.com');
  expect(apisFor(configSchema.parse({}))).toEqual(expect.arrayContaining(['run', 'cloudfunctions', 'cloudbuild', 'artifactregistry', 'iam', 'logging'].map((name) => `${name}.googleapis.com`)));
  expect(apisFor(configSchema.parse({ secrets: { A: 'a:1' }, vpcConnector: 'c' }))).toEqual(expect.arrayContaining(['secretmanager.googleapis.com', 'vpcaccess.googleapis.com']));
});
