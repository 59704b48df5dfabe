import { afterAll, beforeAll, expect, test } from 'vitest';
import { archive, type Lab, startLab } from './fake-lab.ts';

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
