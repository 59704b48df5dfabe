/** Files that the code reads, from the flag to a live answer; and what is said where they are not named. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, Lab } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
  lab.write({
    'app.py': 'import os\n\nHERE = os.path.dirname(os.path.abspath(__file__))\nwith open(os.path.join(HERE, "weights/one.txt")) as file:\n    WEIGHT = float(file.read())\n\n\ndef answer(body):\n    return {"y": WEIGHT * body["x"]}\n',
    'weights/one.txt': '2.5',
    'sample.json': '{"x": 2}',
    '.gitignore': 'weights/\n',
  });
});
afterAll(() => lab.close());

const deploy = ['deploy', 'app.py:answer', '--name', 'own', '--sample', 'sample.json'];

test('a file that the code opens is missed before anything is live, and the hint names the flag', async () => {
  const refused = await lab.refused(deploy, 3);
  expect(refused).toMatchObject({ code: 'VERIFY_LOAD_FAILED', message: expect.stringContaining('one.txt'), hint: expect.stringContaining('--include') });
});

test('named, its folder travels; a changed file is another release', async () => {
  const made = await lab.json([...deploy, '--include', 'weights']);
  expect(made).toMatchObject({ status: 'deployed', live: 1, verification: { method: 'sample' } });
  expect((await ask(made.url, { x: 4 })).json).toEqual({ y: 10 });
  lab.write({ 'mlfn.yaml': 'include: [weights/one.txt]\n' });
  expect(await lab.json(deploy)).toMatchObject({ status: 'up-to-date' });
  lab.write({ 'weights/one.txt': '3' });
  expect(await lab.json(deploy)).toMatchObject({ live: 2 });
  expect((await ask(made.url, { x: 4 })).json).toEqual({ y: 12 });
  expect(await lab.json(['rollback', 'own'])).toMatchObject({ live: 1 });
});

test('weights alone say what to do with them', async () => {
  const head = Buffer.from(JSON.stringify({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }));
  const size = Buffer.alloc(8);
  size.writeUInt32LE(head.length);
  lab.write({ 'net.safetensors': Buffer.concat([size, head, Buffer.alloc(4)]) });
  const refused = await lab.refused(['deploy', 'net.safetensors', '--name', 'net'], 3);
  expect(refused.hint).toContain('--include');
});
