/** PyTorch, through the real tools: TorchScript and exported programs, converted and proved; then a deploy. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, type Lab } from '../e2e/lab.ts';
import { askNative, convertAll, netsLab, type Row, type Tools, toolsFor } from './lab.ts';

const fixtures = path.join(import.meta.dirname, '../inspect/fixtures');
const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-nets-')));

let lab: Lab;
let rows: Row[];
let tools: Tools;
const row = (name: string) => rows.find((each) => each.name === name);
beforeAll(async () => {
  tools = await toolsFor('torchscript');
  rows = await convertAll(tools, 'torch_networks.py', folder);
  lab = await netsLab();
}, 900_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lab.close();
});

test('rows, images, words, sequences and two inputs have an ONNX form that is proved equal', () => {
  const named = rows.filter(({ name }) => name !== 'unknown.pt' && name !== 'two.pt');
  expect(named.filter(({ reason }) => reason !== null)).toEqual([]);
  expect(named.length).toBe(11);
  for (const { proof } of named) {
    expect(proof.probes).toBeGreaterThan(45);
    expect(proof.largestDifference).toBeLessThanOrEqual(1e-5);
  }
});

test('names, types and shapes are the network\'s own', () => {
  expect(row('two.pt2')).toMatchObject({
    inputs: [{ name: 'left', shape: ['batch', 3] }, { name: 'right', shape: ['batch', 2] }],
    outputs: [{ name: 'sum', shape: ['batch', 1] }, { name: 'share', shape: ['batch', 4] }],
  });
  expect(row('words.pt')?.inputs).toMatchObject([{ name: 'words', type: 'tensor(int64)', shape: ['batch', 7] }]);
  expect(row('one.pt2')?.inputs).toMatchObject([{ shape: [1, 6] }]);
});

test('a shape that TorchScript does not tell is not guessed', () => {
  expect(row('unknown.pt')?.reason).toBe('TorchScript does not tell the shape of its input: give a sample, or save the network with torch.export.save');
});

test('asked by PyTorch itself they answer as it does, whatever they take', async () => {
  const names = ['rows.pt', 'image.pt', 'words.pt', 'two.pt', 'sequence.pt', 'rows.pt2', 'image.pt2', 'words.pt2', 'two.pt2', 'sequence.pt2', 'one.pt2'];
  const told = await askNative(tools, folder, names);
  expect(told.map(({ name, compared, largest }) => [name, compared > 10, largest < 1e-5])).toEqual(names.map((name) => [name, true, true]));
  expect(told.find(({ name }) => name === 'two.pt')).toMatchObject({
    platform: 'pytorch_torchscript',
    inputs: [{ name: 'left', shape: [null, 3] }, { name: 'right', shape: [null, 2] }],
  });
}, 600_000);

test.each(['script.pt', 'exported.pt2'])('%s is deployed, and answers', async (name) => {
  const file = path.join(fixtures, name);
  lab.write({ 'rows.json': '[[1, 2, 3, 4], [0, 0, 0, 0]]' });
  const deployed = await lab.mlfn(['deploy', file, '--name', 'net', '--sample', 'rows.json', '--json']);
  expect(deployed.code, deployed.stderr).toBe(0);
  const { url, verification } = JSON.parse(deployed.stdout) as { url: string; verification: { compared: number } };
  expect(verification.compared).toBe(3);
  const { json } = await ask(url, [[0, 0, 0, 0]]);
  expect(json.predictions[0]).toHaveLength(2);
}, 600_000);
