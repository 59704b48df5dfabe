/**
 * The role of docs/gcp-role.yaml is enough, and not more: an account that has exactly that leads a whole life through the command
 * line, against a fake that asks for each permission; and what is missing is told before anything is made.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deployerRole } from '../../src/providers/gcp/preflight/permissions.ts';
import { Lab } from '../e2e/lab.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { debian } from '../oci/programs.ts';

const ALLOWED = deployerRole().includedPermissions;

/** Permissions of the role that no call of this life, or of the fake, asks for. */
const NOT_CALLED: Record<string, string> = {
  'artifactregistry.tags.delete': 'only where two releases run from one image',
  'artifactregistry.tags.update': 'only where the tag of a release that is gone was left',
  'cloudfunctions.locations.list': 'the fake tells everybody its regions',
  'storage.buckets.update': 'only where somebody changed the settings of the bucket',
  'vpcaccess.connectors.use': 'asked by Google of whoever sets `vpcConnector`',
};

/** Of Cloud Storage, whose gate asks nobody: docs.cloud.google.com/storage/docs/access-control/iam-json */
const OF_STORAGE: Record<string, string> = { 'objects.insert': 'objects.create', 'session.start': 'objects.create', 'objects.read': 'objects.get', 'buckets.patch': 'buckets.update', 'buckets.insert': 'buckets.create' };

let gcp: Gcp;
let lab: Lab;
let member: string;
const asked = new Set<string>();
beforeAll(async () => {
  gcp = await startGcp();
  const { policies } = gcp.world;
  member = `serviceAccount:${gcp.world.email('deployer')}`;
  give(ALLOWED);
  // All that the deployer's calls are asked for; what preflight asks, it asks about the project.
  const { allows, require } = policies;
  policies.allows = (who, permission, resource) => {
    if (who === member && resource !== `projects/${gcp.project}`) asked.add(permission);
    return allows.call(policies, who, permission, resource);
  };
  policies.require = (who, permission, resource) => {
    if (who === member) asked.add(permission);
    require.call(policies, who, permission, resource);
  };
  gcp.world.secrets.set(`projects/${gcp.project}/secrets/token`, { versions: [Buffer.from('s3cret')] });
  lab = await Lab.open();
  Object.assign(lab.env, gcp.env);
});
afterAll(async () => {
  await lab?.close();
  await gcp?.stop();
});

function give(permissions: string[]): void {
  const { policies } = gcp.world;
  const project = `projects/${gcp.project}`;
  policies.customRoles.set(`${project}/roles/mlfnDeployer`, permissions);
  policies.revoke(project, 'roles/owner', member);
  policies.grant(project, `${project}/roles/mlfnDeployer`, member);
}

// Builds take their time on a busy machine.
describe.each(['run', 'function', 'image'])('an account with exactly this role, mode %s', { timeout: 300_000 }, (mode) => {
  let folder: string;
  const name = `life-${mode}`;
  const mlfn = (...args: string[]) => lab.json([...args, '--target', 'gcp'], { cwd: folder });
  const write = (word: string) =>
    lab.write({
      [`${mode}/app.py`]: `import os\n\n\ndef answer(body):\n    return {"word": "${word}", "token": os.environ["TOKEN"][:2]}\n`,
      [`${mode}/sample.json`]: '{}',
      [`${mode}/mlfn.yaml`]: `name: ${name}\nmodel: app.py:answer\nsample: sample.json\ntarget: gcp\nbase: oci:${debian}:trixie\ngcp:\n  mode: ${mode}\n  secrets: {TOKEN: "token:1"}\n  allow: [user:ada@example.com]\n`,
    });
  beforeAll(() => {
    lab.env['TOKEN'] = 's3cret';
    folder = path.dirname(write('one'));
  });

  test('deploys, is up to date, and asks the endpoint', async () => {
    expect(await mlfn('deploy')).toMatchObject({ status: 'deployed', live: 1 });
    expect(await mlfn('deploy')).toMatchObject({ status: 'up-to-date' });
    expect((await mlfn('invoke', name, '--data', '{}', '--report'))['body']).toEqual({ word: 'one', token: 's3' });
  });

  test('deploys another, rolls back, and sends some traffic to a canary', async () => {
    write('two');
    expect(await mlfn('deploy')).toMatchObject({ status: 'deployed', live: 2 });
    expect(await mlfn('rollback', name)).toMatchObject({ status: 'rolled-back', live: 1 });
    write('three');
    expect(await mlfn('deploy', '--canary', '10')).toMatchObject({ status: 'deployed', canary: { percent: 10 } });
    expect(await mlfn('promote', name)).toMatchObject({ status: 'promoted', canary: null });
  });

  test('takes a release back whose answers are others than those of the model', async () => {
    write('" + os.environ.get("K_SERVICE", "here") + "');
    expect((await lab.mlfn(['deploy', '--target', 'gcp'], { cwd: folder })).code).toBe(6);
  });

  test('sees it, reads its lines, and removes everything', async () => {
    expect((await mlfn('status', name))['functions']).toHaveLength(1);
    expect((await mlfn('status'))['functions']).toHaveLength(1);
    await mlfn('releases', name);
    expect((await lab.mlfn(['logs', name, '--target', 'gcp'], { cwd: folder })).code).toBe(0);
    expect(await mlfn('delete', name, '--yes')).toMatchObject({ status: 'removed' });
  });
});

test('it was never refused, and was asked for nothing that the role does not name', () => {
  expect(gcp.calls.filter(({ code }) => code === 'PERMISSION_DENIED').map((call) => `${call.name} ${call.message}`)).toEqual([]);
  expect([...called()].filter((permission) => !ALLOWED.includes(permission))).toEqual([]);
});

test('it needed all that the role names', () => {
  const unused = ALLOWED.filter((permission) => !called().has(permission));
  expect(unused).toEqual(Object.keys(NOT_CALLED).toSorted());
});

function called(): Set<string> {
  const stored = gcp.storage.calls.filter(({ name }) => !/^session\.(put|status|cancel)$/.test(name)).map(({ name }) => `storage.${OF_STORAGE[name] ?? name}`);
  return new Set([...asked, ...stored.filter((permission) => !permission.endsWith('testIamPermissions'))]);
}

test('who lacks something is told it, with the command, before anything is made', async () => {
  give(ALLOWED.filter((permission) => permission !== 'run.services.create'));
  gcp.clear();
  const ran = await lab.mlfn(['deploy', lab.app('a'), '--name', 'pre', '--target', 'gcp', '--mode', 'run']);
  expect(ran.code).toBe(4);
  expect(ran.stderr).toContain(`${member} may not run.services.create on the project ${gcp.project}.`);
  expect(ran.stderr).toContain(`gcloud projects add-iam-policy-binding ${gcp.project} --member ${member} --role roles/run.admin`);
  expect(gcp.changes()).toEqual([]);
});
