/** Every command that docs/images.md shows is run as it is written there, but for the registry's name. */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { craneRegistry, judged, type Registry } from './lab.ts';
import { crane, debian, installed } from './programs.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/images.md'), 'utf8');
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, body = '']) => body.trim().split('\n'));

let lab: Lab;
let folder: string;
let registry: Registry;
beforeAll(async () => {
  registry = await craneRegistry();
  lab = new Lab({ engine: 'auto' });
  folder = path.join(lab.folder, 'reader');
  mkdirSync(folder);
  for (const file of ['model.joblib', 'payload.json']) cpSync(path.join(root, 'examples/heart-disease', file), path.join(folder, file));
  cpSync(debian, path.join(folder, 'base'), { recursive: true });
  judged(installed('skopeo'), 'copy', '-q', '--dest-tls-verify=false', `oci:${debian}:trixie`, `docker://${registry.host}/base/python:3.13`);
});
afterAll(async () => {
  await lab?.close();
  await registry?.stop();
});

test('it shows a file, a push, a layout and Lambda', () => expect(lines.length).toBe(4));

// One after another, as a reader does it.
test.each(lines)('%s', async (line) => {
  const words = line.replaceAll('registry.example.com', registry.host).split(' ').slice(1);
  const ran = await lab.mlfn(words, { cwd: folder });
  expect(ran.code, ran.stderr).toBe(0);
  const out = words[words.indexOf('--out') + 1] ?? '';
  if (words.includes('--out')) expect(judged(crane, 'validate', '--tarball', path.join(folder, out))).toContain('PASS');
  else expect(judged(crane, 'validate', '--remote', `${registry.host}/team/heart:1`)).toContain('PASS');
});
