/** Container images on Cloud Run, by the real command line: what is sent, what takes turns in one service, what is left, and what goes wrong. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debian } from '../oci/programs.ts';
import { python } from '../python.ts';
import { type Caller, FaultsLab, NOTHING } from './faults-lab.ts';

const BASE = ['--base', `oci:${debian}:trixie`];
const IMAGE = ['--package', 'image', ...BASE];
const SAVE = 'import pickle, sys, constant; pickle.dump(constant.Constant(int(sys.argv[1])), open(sys.argv[2], "wb"))';
const CLASS = 'class Constant:\n    def __init__(self, value):\n        self.value = value\n\n    def predict(self, rows):\n        return [self.value for _ in rows]\n';

const place = ({ gcp }: FaultsLab, name: string) => ({ repository: `projects/${gcp.project}/locations/${gcp.region}/repositories/mlfn`, package: name });
/** Tags of the function's images, with their digests. */
const tags = (lab: FaultsLab, name: string) => Object.fromEntries(lab.gcp.images.find(place(lab, name))?.tags ?? []);
const versions = (lab: FaultsLab, name: string) => [...(lab.gcp.images.find(place(lab, name))?.manifests.keys() ?? [])];
const uploads = ({ gcp }: FaultsLab) => gcp.calls.filter(({ name, code }) => name === 'docker:uploads.put' && code === 'OK');

function heard({ answers }: Caller, ...words: string[]): void {
  const all = [...answers.keys()];
  answers.clear();
  expect(all.length).toBeGreaterThan(0);
  expect(words.map((word) => `200 ${word}`)).toEqual(expect.arrayContaining(all));
}

describe('one service', () => {
  let lab: FaultsLab;
  let url: string;
  let caller: Caller;
  const deploy = (word: string, more: string[] = IMAGE) => lab.mlfn(['deploy', lab.app('turn', word), '--name', 'turn', ...more]);
  beforeAll(async () => {
    lab = await FaultsLab.open('run');
  });
  afterAll(async () => {
    await caller?.stop();
    await lab?.close();
  });

  test('of a first image: a repository with its policies, a tag, a revision by digest', async () => {
    const done = await deploy('one');
    expect(done).toMatchObject({ status: 'deployed', live: 1 });
    ({ url } = done);
    expect(lab.gcp.world.repositories.get(place(lab, 'turn').repository)).toMatchObject({
      labels: { mlfn: '1' },
      cleanupPolicies: { 'mlfn-keep': { action: 'KEEP', condition: { tagState: 'TAGGED' } }, 'mlfn-delete': { action: 'DELETE', condition: { tagState: 'UNTAGGED', olderThan: '604800s' } } },
    });
    const [digest] = versions(lab, 'turn');
    expect(tags(lab, 'turn')).toEqual({ r001: digest });
    const { template } = [...lab.gcp.services.held.values()][0]!.service;
    expect(template?.containers?.[0]).toMatchObject({ image: `europe-west1-docker.${lab.gcp.images.domain}/${lab.gcp.project}/mlfn/turn@${digest}` });
    expect(await lab.ask(url)).toEqual({ text: '200 one', release: '1' });
    expect(await deploy('one')).toMatchObject({ status: 'up-to-date' });
    caller = lab.call(url);
  });

  test('what the repository lost of its policies is put back', async () => {
    const repository = lab.gcp.world.repositories.get(place(lab, 'turn').repository)!;
    repository.cleanupPolicies = { theirs: { id: 'theirs', action: 'KEEP', mostRecentVersions: { keepCount: 3 } } };
    expect((await deploy('one')).steps).toMatchObject([{ kind: 'ensure', resource: 'repository', change: 'update' }]);
    expect(Object.keys(repository.cleanupPolicies).toSorted()).toEqual(['mlfn-delete', 'mlfn-keep', 'theirs']);
  });

  test('run and image take turns, and nobody who calls notices', async () => {
    expect(await deploy('two', [])).toMatchObject({ status: 'deployed', live: 2 });
    heard(caller, 'one', 'two');
    expect(await deploy('three')).toMatchObject({ status: 'deployed', live: 3 });
    heard(caller, 'two', 'three');
    for (const [to, word] of [[2, 'two'], [1, 'one'], [3, 'three']] as const) {
      expect(await lab.mlfn(['rollback', 'turn', '--to', String(to)])).toMatchObject({ live: to });
      expect(await lab.ask(url)).toEqual({ text: `200 ${word}`, release: String(to) });
    }
    heard(caller, 'one', 'two', 'three');
  });

  test('changed settings send nothing, and the image has another tag', async () => {
    lab.gcp.clear();
    expect(await deploy('three', [...IMAGE, '--memory', '512'])).toMatchObject({ status: 'deployed', live: 4 });
    expect(uploads(lab)).toEqual([]);
    const { r003, r004 } = tags(lab, 'turn');
    expect(r004).toBe(r003);
  });

  test('a canary has its share, then all of it; a rollback none', async () => {
    expect(await deploy('five', [...IMAGE, '--canary', '50'])).toMatchObject({ live: 4, canary: { number: 5, percent: 50 } });
    await expect.poll(() => [...caller.answers.keys()]).toEqual(expect.arrayContaining(['200 three', '200 five']));
    expect(await lab.mlfn(['promote', 'turn'])).toMatchObject({ live: 5 });
    expect(await lab.mlfn(['rollback', 'turn'])).toMatchObject({ live: 4 });
    heard(caller, 'three', 'five');
  });

  test('a removal takes every image but those with a tag of somebody else', async () => {
    await caller.stop();
    const { r005 } = tags(lab, 'turn');
    lab.gcp.images.find(place(lab, 'turn'))!.tags.set('of-ours', r005!);
    await lab.mlfn(['delete', 'turn', '--yes']);
    await expect.poll(() => versions(lab, 'turn')).toEqual([r005]);
    expect(tags(lab, 'turn')).toEqual({ 'of-ours': r005 });
    expect(await lab.inventory()).toEqual(NOTHING);
  });
});

test('another model is a last layer, and that with the configuration is all that is sent', async () => {
  const lab = await FaultsLab.open('image');
  try {
    const folder = path.join(lab.folder, 'model');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'constant.py'), CLASS);
    writeFileSync(path.join(folder, 'sample.json'), '[[1.0]]');
    const deploy = (value: number) => {
      execFileSync(python, ['-B', '-c', SAVE, String(value), path.join(folder, 'model.pickle')], { cwd: folder });
      return lab.mlfn(['deploy', path.join(folder, 'model.pickle'), '--code', folder, '--sample', path.join(folder, 'sample.json'), '--trust', '--name', 'heart', ...BASE]);
    };
    expect(await deploy(1)).toMatchObject({ live: 1, verification: { method: 'sample' } });
    const first = uploads(lab).reduce((sum, { bytes }) => sum + bytes, 0);
    lab.gcp.clear();
    expect(await deploy(2)).toMatchObject({ live: 2, verification: { method: 'sample' } });
    const sent = uploads(lab).map(({ bytes }) => bytes);
    expect(sent).toHaveLength(2);
    expect(sent.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(8192);
    expect(first).toBeGreaterThan(20_000_000);
  } finally {
    await lab.close();
  }
});

describe('killed, and refused', () => {
  let lab: FaultsLab;
  beforeAll(async () => {
    lab = await FaultsLab.open('image');
  });
  afterAll(async () => lab?.close());
  const deploy = (word: string) => ['deploy', lab.app('cut', word), '--name', 'cut', ...BASE];

  test.each(['artifactregistry:repositories.create', 'docker:uploads.put', 'docker:manifests.put', 'artifactregistry:tags.create', 'run:CreateService'])(
    'a first deploy that is killed after %s is completed by the next',
    async (operation) => {
      expect(await lab.killedAt({ operation }, deploy('one'))).toBe(operation);
    },
  );

  test('which makes nothing twice', async () => {
    const done = await lab.mlfn(deploy('one'));
    expect(done).toMatchObject({ status: 'deployed', live: 1 });
    expect(tags(lab, 'cut')).toEqual({ r001: versions(lab, 'cut')[0] });
    expect((await lab.inventory('cut')).revisions).toEqual(['cut release 1']);
  });

  test('a registry that is full: exit code 5, the live release stays, and nothing is left of the other', async () => {
    lab.gcp.images.full = true;
    const { error } = await lab.mlfn(deploy('two'), { code: 5 });
    lab.gcp.images.full = false;
    expect(error).toMatchObject({ code: 'OCI_REGISTRY_FULL', message: expect.stringContaining('Quota exceeded') });
    expect(await lab.mlfn(deploy('one'))).toMatchObject({ status: 'up-to-date', live: 1 });
    expect(versions(lab, 'cut')).toHaveLength(1);
  });

  test('a registry that says no: exit code 4', async () => {
    lab.gcp.fault({ operation: 'docker:uploads.post' }, { code: 'PERMISSION_DENIED', message: 'Permission "artifactregistry.repositories.uploadArtifacts" denied' });
    expect((await lab.mlfn(deploy('two'), { code: 4 })).error).toMatchObject({ code: 'OCI_DENIED' });
  });

  test('a registry that spoils what it gets: the revision does not start, and the live one stays', async () => {
    lab.gcp.images.corrupting = true;
    const { error } = await lab.mlfn(deploy('spoilt'), { code: 5 });
    lab.gcp.images.corrupting = false;
    expect(error).toMatchObject({ code: 'GCP_NOT_STARTING', message: expect.stringContaining('does not have its digest') });
    expect(await lab.mlfn(deploy('one'))).toMatchObject({ status: 'up-to-date', live: 1 });
  });

  test('a removal that is killed is finished by the next', async () => {
    const args = ['delete', 'cut', '--yes'];
    expect(await lab.killedAt({ operation: 'artifactregistry:versions.delete' }, args)).toBe('artifactregistry:versions.delete');
    expect(await lab.mlfn(args)).toMatchObject({ status: 'removed' });
    await expect.poll(() => versions(lab, 'cut')).toEqual([]);
    expect(await lab.inventory()).toEqual(NOTHING);
  });

  test('who may not send images is told so, with the command, before anything is made', async () => {
    const { policies } = lab.gcp.world;
    const project = `projects/${lab.gcp.project}`;
    const member = `serviceAccount:${lab.gcp.world.email('deployer')}`;
    policies.revoke(project, 'roles/owner', member);
    for (const role of ['run.admin', 'storage.admin', 'iam.serviceAccountAdmin', 'iam.serviceAccountUser', 'browser', 'logging.viewer', 'serviceusage.serviceUsageViewer']) policies.grant(project, `roles/${role}`, member);
    lab.gcp.clear();
    const { error } = await lab.mlfn(['deploy', lab.app('may', 'one'), '--name', 'may', ...BASE], { code: 4 }).finally(() => policies.grant(project, 'roles/owner', member));
    expect(error).toMatchObject({ code: 'PREFLIGHT_DENIED', message: expect.stringContaining('artifactregistry.repositories.uploadArtifacts') });
    expect(error.hint).toContain('--role roles/artifactregistry.admin');
    expect(lab.gcp.changes()).toEqual([]);
  });

  test('mlfn image sends to a repository there with the default credentials, and says what it lacks without them', async () => {
    const { gcp } = lab;
    const name = `projects/${gcp.project}/locations/${gcp.region}/repositories/own`;
    gcp.world.repositories.set(name, { name, format: 'DOCKER', packages: new Map() });
    const to = `${gcp.region}-docker.${gcp.images.domain}/${gcp.project}/own/heart:1`;
    const push = (env: Record<string, string>) => lab.begin(['image', lab.app('own', 'one'), '--name', 'own', ...BASE, '--push', to, '--json'], { env: { HOME: lab.folder, ...env } }).done;
    const ran = await push({});
    expect([ran.code, ran.stderr]).toEqual([0, expect.anything()]);
    expect(JSON.parse(ran.stdout).pushed.pinned).toBe(`${to.slice(0, -2)}@${gcp.images.find({ repository: name, package: 'heart' })?.tags.get('1')}`);
    const refused = await push({ METADATA_SERVER_DETECTION: 'none' });
    expect(JSON.parse(refused.stdout).error).toMatchObject({ code: 'OCI_DENIED' });
  });
});
