/** A service, or a function, of that name that mlfn did not make: left as it is, or taken over with --adopt while it answers. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive, type Lab, server, startLab, template } from './fake-lab.ts';
import { FaultsLab, type Mode } from './faults-lab.ts';

const MAIN = 'import functions_framework\n\n@functions_framework.http\ndef predict(request):\n    return {"word": "theirs"}\n';
/** Answers on Cloud Run what it does not answer here. */
const FAILING = 'import os\n\n\ndef answer(payload):\n    return {"word": os.environ.get("K_SERVICE", "here")}\n';

let fake: Lab;
beforeAll(async () => {
  fake = await startLab({ operations: 60 });
  await fake.put('theirs.tar.gz', await archive('tar', { 'server.py': server('theirs') }));
});
afterAll(async () => fake?.stop());

/** @returns the URL */
const make = {
  run: async (id: string) => (await fake.deploy(id, template('theirs.tar.gz', {}, { env: [{ name: 'COLOUR', value: 'red' }] }), { labels: { team: 'a' } })).uri,
  function: async (id: string) => {
    const { functions } = await fake.clients();
    const [{ uploadUrl, storageSource }] = await functions.generateUploadUrl({ parent: fake.parent });
    const body = new Uint8Array(await archive('zip', { 'main.py': MAIN, 'requirements.txt': '' }));
    await fetch(uploadUrl as string, { method: 'PUT', headers: { 'content-type': 'application/zip' }, body });
    const buildConfig = { runtime: 'python312', entryPoint: 'predict', source: { storageSource: storageSource! } };
    const [operation] = await functions.createFunction({ parent: fake.parent, functionId: id, function: { labels: { team: 'a' }, buildConfig, serviceConfig: { environmentVariables: { COLOUR: 'red' } } } });
    return (await operation.promise())[0].serviceConfig?.uri as string;
  },
} satisfies Record<Exclude<Mode, 'image'>, (id: string) => Promise<string>>;

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  let lab: FaultsLab;
  let url: string;
  const name = `theirs-${mode}`;
  /** Of no release. */
  const theirs = `${name} release undefined`;
  beforeAll(async () => {
    lab = await FaultsLab.on(fake, mode);
    url = await make[mode](name);
  });
  afterAll(async () => lab?.remove());

  const service = () => fake.services.find(`${fake.parent}/services/${name}`);
  const deploy = (word: string, ...more: string[]) => ['deploy', lab.app('ours', word), '--name', name, ...more];

  test('it is refused without --adopt, and nothing is made or changed', async () => {
    const { etag } = service().service;
    fake.clear();
    const { error } = await lab.mlfn(deploy('ours'), { code: 2 });
    expect(error).toMatchObject({ code: 'GCP_NOT_OURS', kind: 'config', hint: expect.stringContaining('--adopt') });
    await lab.mlfn(['delete', name, '--yes'], { code: 2 });
    expect((await lab.mlfn(['status'])).functions).toEqual([]);
    expect(fake.changes()).toEqual([]);
    expect(service().service.etag).toBe(etag);
    expect((await lab.ask(url)).text).toBe('200 theirs');
  });

  test('a dry run says what would become of it', async () => {
    fake.clear();
    const told = await lab.begin([...deploy('ours', '--adopt', '--dry-run'), '--target', 'gcp', '--mode', mode]).done;
    expect(told.stderr).toContain(`revision ${service().latestReady()} of ${name} is what it was`);
    expect(told.stderr).toContain(`${name} has variables that its releases do not have unless you name them: COLOUR.`);
    expect(fake.changes()).toEqual([]);
  });

  test('a release that fails its check leaves it, and what it answers', async () => {
    const sample = path.join(lab.folder, 'sample.json');
    writeFileSync(sample, '{}');
    await lab.mlfn(['deploy', lab.app('bad', '', FAILING), '--name', name, '--adopt', '--sample', sample], { code: 6 });
    expect((await lab.ask(url)).text).toBe('200 theirs');
    // Cloud Run keeps the latest revision until there is another, without traffic.
    expect(await lab.inventory(name)).toMatchObject({ revisions: [theirs, `${name} release 1`], keys: [] });
  });

  test('with --adopt it is taken over, and answers all the while', async () => {
    const caller = lab.call(url);
    expect(await lab.mlfn(deploy('ours', '--adopt'))).toMatchObject({ status: 'deployed', before: null, live: 2, url });
    await caller.stop();
    expect([...caller.answers.keys()].toSorted()).toEqual(['200 ours', '200 theirs']);
    expect(service().service.labels).toMatchObject({ team: 'a', mlfn: '1', 'mlfn-adopted': '1' });
    expect((await lab.inventory(name)).revisions).toEqual(expect.arrayContaining([theirs, `${name} release 2`]));
  });

  test('from then on it is one like any other', async () => {
    expect(await lab.mlfn(deploy('more'))).toMatchObject({ before: 2, live: 3 });
    expect((await lab.inventory(name)).revisions).toEqual([theirs, `${name} release 2`, `${name} release 3`]);
    expect(await lab.mlfn(['rollback', name])).toMatchObject({ live: 2 });
    expect((await lab.ask(url)).text).toBe('200 ours');
    const { steps } = await lab.mlfn(['delete', name, '--dry-run']);
    expect(steps).toMatchObject([{ kind: 'remove', also: expect.arrayContaining(['its revisions from before mlfn took it over']) }]);
    await lab.mlfn(['delete', name, '--yes']);
    expect((await lab.inventory(name)).revisions).toEqual([]);
  });
});
