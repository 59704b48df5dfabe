import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive, type Lab, server, split, startLab, template } from './fake-lab.ts';

let lab: Lab;
let name: string;
let uri: string;

const update = async (service: object, paths: string[] = ['traffic']) => {
  const { services } = await lab.clients();
  const [operation] = await services.updateService({ service: { name, ...service }, updateMask: { paths } });
  return (await operation.promise())[0];
};
const asked = async (url: string) => (JSON.parse((await lab.ask(url, { audience: uri })).text) as { word: string }).word;

beforeAll(async () => {
  lab = await startLab();
  for (const word of ['one', 'two']) await lab.put(`${word}.tar.gz`, await archive('tar', { 'server.py': server(word) }));
  await lab.put('broken.tar.gz', await archive('tar', { 'server.py': 'raise SystemExit(1)' }));
  ({ name, uri } = await lab.deploy('echo', template('one.tar.gz', { revision: 'echo-1' })));
  await update({ template: template('two.tar.gz', { revision: 'echo-2' }), traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) }, ['template', 'traffic']);
});
afterAll(() => lab.stop());

test('shares are exact, and tags reach their revision whatever the split', async () => {
  const { trafficStatuses } = await update({ traffic: split(['echo-1', 80], ['echo-2', 20, 'rel-2']) });
  const tagged = trafficStatuses?.find(({ tag }) => tag === 'rel-2')?.uri as string;
  const words = await Promise.all(Array.from({ length: 50 }, () => asked(uri)));
  expect(words.filter((word) => word === 'two')).toHaveLength(10);
  expect(await asked(tagged)).toBe('two');
  const { trafficStatuses: again } = await update({ traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) });
  expect(again?.find(({ tag }) => tag === 'rel-2')?.uri).toBe(tagged);
  expect(new Set(await Promise.all(Array.from({ length: 10 }, () => asked(uri))))).toEqual(new Set(['one']));
});

test('a tag that is taken away is not found', async () => {
  const { trafficStatuses } = await update({ traffic: split(['echo-1', 100, 'old-1'], ['echo-2', 0, 'rel-2']) });
  const old = trafficStatuses?.find(({ tag }) => tag === 'old-1')?.uri as string;
  expect(await asked(old)).toBe('one');
  await update({ traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) });
  expect((await lab.ask(old, { audience: uri })).status).toBe(404);
});

describe('a split is refused', () => {
  test.each([
    ['that sums to 110', split(['echo-1', 80], ['echo-2', 30]), 3, /sum is 110/],
    ['of a revision that is not there', split(['echo-9', 100]), 9, /'echo-9' does not exist or is deleted. Update all traffic/],
    ['of full names', split(['projects/x/echo-1', 100]), 3, /short name/],
    ['that names a revision twice', split(['echo-1', 50], ['echo-1', 50]), 3, /may be named once/],
    ['with a tag twice', split(['echo-1', 100, 'same'], ['echo-2', 0, 'same']), 3, /more than once/],
    ['without a type', [{ revision: 'echo-1', percent: 100 }], 3, /Type must be specified/],
  ])('%s', async (_why, traffic, code, message) => {
    await expect(update({ traffic })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('of a revision that never got ready', async () => {
    const whole = split(['echo-1', 100], ['echo-2', 0, 'rel-2']);
    await update({ traffic: whole });
    const broken = { template: template('broken.tar.gz', { revision: 'echo-3' }), traffic: [...whole, ...split(['echo-3', 0, 'rel-3'])] };
    await expect(update(broken, ['template', 'traffic'])).rejects.toMatchObject({ code: 9 });
    await expect(update({ traffic: split(['echo-3', 100]) })).rejects.toMatchObject({ code: 9, message: expect.stringContaining("'echo-3' is not ready") });
    expect(await asked(uri)).toBe('one');
  });

  test('and stays what is wanted: later changes fail by it, until it is mended', async () => {
    const { services } = await lab.clients();
    const [{ traffic, trafficStatuses }] = await services.getService({ name });
    expect(traffic).toMatchObject([{ revision: 'echo-3', percent: 100 }]);
    expect(trafficStatuses).toMatchObject([{ revision: 'echo-1', percent: 100 }, { tag: 'rel-2' }]);
    await expect(update({ description: 'another change' }, ['description'])).rejects.toMatchObject({ code: 9, message: expect.stringContaining("'echo-3' is not ready") });
    await update({ traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) });
    await expect(update({ description: 'another change' }, ['description'])).resolves.toBeDefined();
  });
});

test('a revision name is used once, with one template', async () => {
  await expect(update({ template: template('one.tar.gz', { revision: 'echo-2' }) }, ['template'])).rejects.toMatchObject({ code: 6, message: expect.stringContaining('different configuration already exists') });
});

test('an old etag is refused', async () => {
  const { services } = await lab.clients();
  const [{ etag }] = await services.getService({ name });
  await update({ traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) });
  await expect(services.updateService({ service: { name, etag, traffic: split(['echo-2', 100]) }, updateMask: { paths: ['traffic'] } })).rejects.toMatchObject({ code: 10, message: expect.stringContaining('Conflict for resource') });
});

test('of two changes at once the later one holds, and neither fails', async () => {
  const made = update({ template: template('one.tar.gz', { revision: 'echo-5' }), traffic: split(['echo-1', 100], ['echo-5', 0, 'rel-5']) }, ['template', 'traffic']);
  const again = update({ template: template('two.tar.gz', { revision: 'echo-6' }), traffic: split(['echo-6', 100]) }, ['template', 'traffic']);
  await Promise.all([made, again]);
  expect(await asked(uri)).toBe('two');
  await update({ template: template('one.tar.gz', { revision: 'echo-7' }), traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) }, ['template', 'traffic']);
  expect(await asked(uri)).toBe('one');
});

test('an update mask is of names as the proto has them', async () => {
  await expect(update({ description: 'x' }, ['observedGeneration'])).rejects.toMatchObject({ code: 3, message: expect.stringContaining('Invalid field mask') });
  expect(await update({ description: 'x' }, ['description'])).toMatchObject({ description: 'x', latestCreatedRevision: `${name}/revisions/echo-7` });
});

test('a revision that serves, has a tag or is the latest is not deleted; another one is', async () => {
  const { revisions } = await lab.clients();
  const remove = async (revision: string) => (await revisions.deleteRevision({ name: `${name}/revisions/${revision}` }))[0].promise();
  await update({ traffic: split(['echo-1', 100], ['echo-2', 0, 'rel-2']) });
  await expect(remove('echo-1')).rejects.toMatchObject({ code: 9, message: expect.stringContaining('actively serving traffic') });
  await expect(remove('echo-2')).rejects.toMatchObject({ code: 9, message: expect.stringContaining('rel-2') });
  await expect(remove('echo-7')).rejects.toMatchObject({ code: 9, message: expect.stringContaining('latest created') });
  await update({ traffic: split(['echo-1', 100]) });
  await remove('echo-2');
  const [left] = await revisions.listRevisions({ parent: name });
  expect(left.map((revision) => revision.name?.split('/').at(-1))).toEqual(['echo-7', 'echo-6', 'echo-5', 'echo-3', 'echo-1']);
  await expect(revisions.getRevision({ name: `${name}/revisions/echo-2` })).rejects.toMatchObject({ code: 5 });
});

test('only revisions that something leads to have a process', async () => {
  const running = () => [...(lab.services.find(name).revisions.entries())].filter(([, { instance }]) => instance?.pid !== undefined).map(([revision]) => revision);
  await update({ template: template('two.tar.gz', { revision: 'echo-4' }), traffic: split(['echo-1', 0, 'old-1'], ['echo-4', 100]) }, ['template', 'traffic']);
  await asked(uri);
  expect(running()).toContain('echo-4');
  await update({ traffic: split(['echo-1', 100]) });
  expect(await asked(uri)).toBe('one');
  await expect.poll(running).toEqual(['echo-1']);
  await update({ traffic: split(['echo-4', 100]) });
  expect(await asked(uri)).toBe('two');
});
