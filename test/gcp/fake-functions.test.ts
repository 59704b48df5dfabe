import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive, type Lab, split, startLab } from './fake-lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

const MAIN = (word: string) => `
import functions_framework
@functions_framework.http
def predict(request):
    print("asked", flush=True)
    return {"word": "${word}", "got": request.get_json()}
`;

async function made(id: string, files: Record<string, string>, more: { buildConfig?: object; serviceConfig?: object } = {}) {
  const { functions } = await lab.clients();
  const buildConfig = { runtime: 'python312', entryPoint: 'predict', source: await upload(await archive('zip', files)), ...more.buildConfig };
  const [operation] = await functions.createFunction({ parent: lab.parent, functionId: id, function: { buildConfig, serviceConfig: more.serviceConfig ?? {} } });
  return (await operation.promise())[0];
}

async function upload(zip: Buffer) {
  const { functions } = await lab.clients();
  const [{ uploadUrl, storageSource }] = await functions.generateUploadUrl({ parent: lab.parent });
  const answer = await fetch(uploadUrl as string, { method: 'PUT', headers: { 'content-type': 'application/zip' }, body: new Uint8Array(zip) });
  expect(answer.status).toBe(200);
  return { storageSource: storageSource as { bucket: string; object: string } };
}

test('a function is built, answers by the real functions-framework, is updated and deleted', async () => {
  const { functions, services } = await lab.clients();
  const buildConfig = { runtime: 'python312', entryPoint: 'predict' };
  const source = await upload(await archive('zip', { 'main.py': MAIN('one'), 'requirements.txt': '' }));
  const [creating] = await functions.createFunction({ parent: lab.parent, functionId: 'echo', function: { buildConfig: { ...buildConfig, source }, serviceConfig: {} } });
  const [fn] = await creating.promise();
  expect(fn).toMatchObject({ state: 1, serviceConfig: { service: `${lab.parent}/services/echo` } });
  const uri = fn.serviceConfig?.uri as string;
  const answer = await lab.ask(uri, { body: { a: 1 } });
  expect(JSON.parse(answer.text)).toEqual({ word: 'one', got: { a: 1 } });

  expect(lab.calls.filter(({ name }) => name.startsWith('functions:')).map(({ name }) => name)).toEqual(expect.arrayContaining(['functions:CreateFunction', 'functions:GetOperation']));

  const first = fn.serviceConfig?.revision as string;
  const pinned = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const, revision: first, percent: 100 }];
  const [pinning] = await services.updateService({ service: { name: `${lab.parent}/services/echo`, traffic: pinned }, updateMask: { paths: ['traffic'] } });
  await pinning.promise();
  const again = await upload(await archive('zip', { 'main.py': MAIN('two'), 'requirements.txt': '' }));
  const [updating] = await functions.updateFunction({ function: { name: fn.name as string, buildConfig: { ...buildConfig, source: again } } });
  const [updated] = await updating.promise();
  expect(updated.serviceConfig).toMatchObject({ allTrafficOnLatestRevision: false });
  expect(updated.serviceConfig?.revision).not.toBe(first);
  expect(JSON.parse((await lab.ask(uri)).text)).toMatchObject({ word: 'one' });

  const [deleting] = await functions.deleteFunction({ name: fn.name as string });
  await deleting.promise();
  await expect(services.getService({ name: `${lab.parent}/services/echo` })).rejects.toMatchObject({ code: 5 });
});

test('operations of Cloud Functions cannot be asked for over gRPC', async () => {
  const { grpcFunctions } = await lab.clients();
  const source = await upload(await archive('zip', { 'main.py': MAIN('one'), 'requirements.txt': '' }));
  const [creating] = await grpcFunctions.createFunction({ parent: lab.parent, functionId: 'by-grpc', function: { buildConfig: { runtime: 'python312', entryPoint: 'predict', source } } });
  await expect(creating.promise()).rejects.toMatchObject({ code: 3, message: expect.stringContaining('Invalid resource field value in the request.') });
});

describe('a function is refused', () => {
  const cases: [why: string, id: string, buildConfig: object, serviceConfig: object, message: RegExp][] = [
    ['for 64 letters', 'a'.repeat(64), {}, {}, /at most 63/],
    ['for a capital', 'Echo', {}, {}, /lower case/],
    ['without a runtime', 'echo-1', { runtime: '' }, {}, /runtime: must be set/],
    ['for a runtime that is none', 'echo-1', { runtime: 'python39' }, {}, /python39 is unsupported/],
    ['for a source that was not uploaded', 'echo-1', { source: { storageSource: { bucket: 'gcf-v2-uploads', object: 'none.zip' } } }, {}, /none.zip was not found/],
    ['for two requests at once on less than a CPU', 'echo-1', {}, { maxInstanceRequestConcurrency: 2 }, /cpu < 1 is not supported with concurrency > 1/],
    ['for an hour and a second', 'echo-1', {}, { timeoutSeconds: 3601 }, /between 1 and 3600/],
    ['for 33 GiB', 'echo-1', {}, { availableMemory: '33Gi' }, /at most 32Gi/],
    ['for a variable of the platform', 'echo-1', {}, { environmentVariables: { K_SERVICE: 'x' } }, /K_SERVICE is reserved/],
    ['for an account that is not there', 'echo-1', {}, { serviceAccountEmail: 'none@lab-project.iam.gserviceaccount.com' }, /actAs/],
    ['for a build account in the wrong form', 'echo-1', { serviceAccount: 'mlfn-build' }, {}, /must be projects/],
  ];

  test.each(cases)('%s', async (_why, id, buildConfig, serviceConfig, message) => {
    const failed = made(id, { 'main.py': MAIN('one'), 'requirements.txt': '' }, { buildConfig, serviceConfig });
    await expect(failed).rejects.toMatchObject({ message: expect.stringMatching(message) });
    expect(lab.functions.held.has(`${lab.parent}/functions/${id}`)).toBe(false);
  });

  test('for a field that it does not have', async () => {
    const url = `${lab.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDFUNCTIONS']}v2/${lab.parent}/functions?functionId=echo-1`;
    const authorization = `Bearer ${lab.world.tokens.access(`serviceAccount:${lab.world.email('deployer')}`)}`;
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: JSON.stringify({ buildConfig: { entrypoint: 'predict' } }) });
    expect(await answer.json()).toMatchObject({ error: { status: 'INVALID_ARGUMENT', message: expect.stringContaining('Unknown name "entrypoint"') } });
  });
});

describe('a build fails', () => {
  const logged = () => lab.world.logs.entries.filter(({ resource }) => resource.type === 'build').map(({ textPayload }) => textPayload);

  test.each([
    ['without main.py', { 'app.py': MAIN('one') }, /missing main.py/],
    ['without the entry point', { 'main.py': 'def other(request):\n    return "x"\n' }, /does not define the entry point predict/],
    ['for a hash that is another', { 'main.py': MAIN('one'), 'requirements.txt': `itsdangerous==2.2.0 --hash=sha256:${'0'.repeat(64)}\n` }, /hash/i],
    ['for a version that is not there', { 'main.py': MAIN('one'), 'requirements.txt': 'functions-framework==99.0.0\n' }, /99\.0\.0/],
  ])('%s', async (_why, files, message) => {
    await expect(made('failing', files)).rejects.toMatchObject({ code: 3, message: expect.stringContaining('Build failed with status: FAILURE') });
    expect(logged().join('\n')).toMatch(message);
    const { functions } = await lab.clients();
    expect((await functions.getFunction({ name: `${lab.parent}/functions/failing` }))[0]).toMatchObject({ state: 'FAILED', stateMessages: [{ severity: 'ERROR' }] });
    const [deleting] = await functions.deleteFunction({ name: `${lab.parent}/functions/failing` });
    await deleting.promise();
  });

  test('where that was asked for, with 400 lines; the build says so, too', async () => {
    lab.world.failingBuilds.add('asked');
    const before = logged().length;
    const error = await made('asked', { 'main.py': MAIN('one') }).catch((reason: Error) => reason as Error);
    expect(logged().length - before).toBeGreaterThan(350);
    const id = /builds;region=europe-west1\/([\w-]+)/.exec((error as Error).message)?.[1];
    expect((await lab.rest('cloudbuild', 'GET', `/v1/${lab.parent}/builds/${id}`)).body).toMatchObject({ id, status: 'FAILURE', failureInfo: { type: 'USER_BUILD_STEP' } });
  });
});

test('a function that does not start fails as Cloud Functions says it, with its traceback in the log', async () => {
  const failed = made('crashing', { 'main.py': `${MAIN('one')}\nraise RuntimeError("no model")\n` });
  await expect(failed).rejects.toMatchObject({ code: 3, message: expect.stringMatching(/Container Healthcheck failed. Revision 'crashing-00001-\w+' is not ready/) });
  expect(lab.world.logs.entries.map(({ textPayload }) => textPayload)).toContain('RuntimeError: no model');
});

test('a function that is being changed is not changed again', async () => {
  const { functions, grpcFunctions } = await lab.clients();
  const { name } = await made('busy', { 'main.py': MAIN('one') });
  const [operation] = await functions.updateFunction({ function: { name: name as string, serviceConfig: { timeoutSeconds: 30 } }, updateMask: { paths: ['service_config.timeout_seconds'] } });
  expect((await functions.getFunction({ name: name as string }))[0]).toMatchObject({ state: 'DEPLOYING' });
  await expect(functions.updateFunction({ function: { name: name as string }, updateMask: { paths: ['labels'] } })).rejects.toMatchObject({ code: 409, message: expect.stringContaining('unable to queue the operation') });
  await expect(grpcFunctions.deleteFunction({ name: name as string })).rejects.toMatchObject({ code: 10 });
  const [updated] = await operation.promise();
  expect(updated.serviceConfig).toMatchObject({ timeoutSeconds: 30, availableMemory: '256M' });
  await expect(made('busy', { 'main.py': MAIN('one') })).rejects.toMatchObject({ code: 409, message: expect.stringContaining('ALREADY_EXISTS') });
});

test('all traffic on the latest revision, where that is asked for, ends a split', async () => {
  const { functions, services } = await lab.clients();
  const { name, serviceConfig } = await made('all', { 'main.py': MAIN('one') });
  const service = `${lab.parent}/services/all`;
  const [pinning] = await services.updateService({ service: { name: service, traffic: split([serviceConfig?.revision as string, 100, 'first']) }, updateMask: { paths: ['traffic'] } });
  await pinning.promise();
  const [updating] = await functions.updateFunction({ function: { name: name as string, serviceConfig: { allTrafficOnLatestRevision: true, environmentVariables: { A: '1' } } }, updateMask: { paths: ['service_config'] } });
  expect((await updating.promise())[0].serviceConfig).toMatchObject({ allTrafficOnLatestRevision: true });
  expect((await services.getService({ name: service }))[0].traffic).toMatchObject([{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]);
});

test('a build account needs the roles of one', async () => {
  const email = lab.world.account('builder-1').email;
  await expect.poll(() => lab.world.knows(email)).toBe(true);
  const buildConfig = { serviceAccount: `projects/${lab.project}/serviceAccounts/${email}` };
  const own = `projects/${lab.project}`;
  await expect(made('built', { 'main.py': MAIN('one') }, { buildConfig })).rejects.toMatchObject({ code: 403, message: expect.stringContaining('missing permissions') });
  for (const role of ['roles/logging.logWriter', 'roles/artifactregistry.writer']) lab.world.policies.grant(own, role, `serviceAccount:${email}`);
  await expect(made('built', { 'main.py': MAIN('one') }, { buildConfig })).rejects.toMatchObject({ code: 3, message: expect.stringContaining('grant Storage Object Viewer') });
  lab.world.policies.grant(own, 'roles/storage.objectViewer', `serviceAccount:${email}`);
  const { functions } = await lab.clients();
  const source = await upload(await archive('zip', { 'main.py': MAIN('two') }));
  const [again] = await functions.updateFunction({ function: { name: `${lab.parent}/functions/built`, buildConfig: { runtime: 'python312', entryPoint: 'predict', source, ...buildConfig } } });
  expect((await again.promise())[0]).toMatchObject({ state: 1 });
});

test('an upload is a zip without credentials, and one that is cut is not there', async () => {
  const { functions } = await lab.clients();
  const [{ uploadUrl, storageSource }] = await functions.generateUploadUrl({ parent: lab.parent });
  const put = (headers: Record<string, string>, url = uploadUrl as string) => fetch(url, { method: 'PUT', headers, body: 'zip' });
  expect((await put({ 'content-type': 'application/zip', authorization: 'Bearer x' })).status).toBe(403);
  expect((await put({ 'content-type': 'application/octet-stream' })).status).toBe(403);
  expect((await put({ 'content-type': 'application/zip' }, (uploadUrl as string).split('?')[0])).status).toBe(401);
  lab.fault({ operation: 'upload:PUT' }, { kind: 'cut-before' });
  await expect(put({ 'content-type': 'application/zip' })).rejects.toThrow(/fetch failed/);
  expect(lab.world.uploads.has(`${storageSource?.bucket}/${storageSource?.object}`)).toBe(false);
  expect((await put({ 'content-type': 'application/zip' })).status).toBe(200);
});

test('runtimes, regions and functions are listed', async () => {
  const { functions } = await lab.clients();
  const [{ runtimes }] = await functions.listRuntimes({ parent: lab.parent });
  expect(runtimes?.map(({ name }) => name)).toEqual(['python310', 'python311', 'python312', 'python313', 'python314']);
  const [all] = await functions.listFunctions({ parent: `projects/${lab.project}/locations/-` });
  expect(all.map(({ name }) => name)).toContain(`${lab.parent}/functions/all`);
  const regions = [];
  for await (const { locationId } of functions.listLocationsAsync({ name: `projects/${lab.project}` })) regions.push(locationId);
  expect(regions).toContain('europe-west1');
});
