import { afterAll, beforeAll, expect, test } from 'vitest';
import { archive, type Lab, server, startLab, template } from './fake-lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
  for (const word of ['one', 'two']) await lab.put(`${word}.tar.gz`, await archive('tar', { 'server.py': server(word) }));
  await lab.put('broken.tar.gz', await archive('tar', { 'server.py': 'import sys\nprint("no such thing", file=sys.stderr)\nsys.exit(3)\n' }));
});
afterAll(() => lab.stop());

test('a service is made, answers, is updated behind a tag, switched and deleted', async () => {
  const { services } = await lab.clients();
  const [creating] = await services.createService({ parent: lab.parent, serviceId: 'echo', service: { template: template('one.tar.gz', { revision: 'echo-r1' }) as never } });
  const [service] = await creating.promise();
  const uri = service.uri as string;
  const answer = await lab.ask(uri, { body: { a: 1 } });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toMatchObject({ word: 'one', got: '{"a":1}', revision: 'echo-r1', version: [3, 12] });

  const traffic = [
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const, revision: 'echo-r1', percent: 100 },
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const, revision: 'echo-r2', tag: 'rel-2' },
  ];
  const [updating] = await services.updateService({ service: { name: service.name as string, template: template('two.tar.gz', { revision: 'echo-r2' }) as never, traffic } });
  const [updated] = await updating.promise();
  const tagged = updated.trafficStatuses?.find(({ tag }) => tag === 'rel-2')?.uri as string;
  expect(JSON.parse((await lab.ask(uri)).text)).toMatchObject({ word: 'one' });
  expect(JSON.parse((await lab.ask(tagged, { audience: uri })).text)).toMatchObject({ word: 'two' });
  expect((await lab.ask(tagged)).status).toBe(401);

  const [switching] = await services.updateService({ service: { name: service.name as string, traffic: [{ ...traffic[1], percent: 100 }] as never }, updateMask: { paths: ['traffic'] } });
  await switching.promise();
  expect(JSON.parse((await lab.ask(uri)).text)).toMatchObject({ word: 'two' });

  const [deleting] = await services.deleteService({ name: service.name as string });
  await deleting.promise();
  await expect(services.getService({ name: service.name as string })).rejects.toMatchObject({ code: 5 });
});

test('a container that does not listen fails the revision, and the service serves on', async () => {
  const { services } = await lab.clients();
  const [creating] = await services.createService({ parent: lab.parent, serviceId: 'sound', service: { template: template('one.tar.gz') as never } });
  const [service] = await creating.promise();
  const [updating] = await services.updateService({ service: { name: service.name as string, template: template('broken.tar.gz') as never } });
  await expect(updating.promise()).rejects.toMatchObject({ code: 9, message: expect.stringContaining('failed to start and listen on the port') });
  expect(JSON.parse((await lab.ask(service.uri as string)).text)).toMatchObject({ word: 'one' });
  expect(lab.world.logs.entries.map(({ textPayload }) => textPayload)).toContain('no such thing');
});

test('a request that takes too long is a 504, and one that is too large a 413', async () => {
  const slow = server('slow').replace("print(json.dumps", "import time; time.sleep(3 if got == '\"sleep\"' else 0); print(json.dumps");
  await lab.put('slow.tar.gz', await archive('tar', { 'server.py': slow }));
  const { uri } = await lab.deploy('slow', template('slow.tar.gz', { timeout: { seconds: 1 } }));
  expect(await lab.ask(uri, { body: 'sleep' })).toMatchObject({ status: 504, text: expect.stringContaining('upstream request timeout') });
  expect((await lab.ask(uri, { body: 'awake' })).status).toBe(200);
  expect((await lab.ask(uri, { body: 'x'.repeat(33 * 1024 * 1024) })).status).toBe(413);
});
