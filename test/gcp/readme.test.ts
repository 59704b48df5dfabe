/** The Google Cloud section of README.md, command by command, against the fake that it tells to start. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { python } from '../python.ts';

const root = path.join(import.meta.dirname, '../..');
const linesOf = (name: string) => {
  const shown = execFileSync(process.execPath, [path.join(root, 'scripts/readme-commands.mjs'), name], { encoding: 'utf8' });
  return shown.trim().split('\n').map((line) => line.replace(/\s+#.*$/, ''));
};

let lab: Lab;
let fake: ChildProcess;
let folder: string;
beforeAll(async () => {
  lab = new Lab({ engine: 'auto' });
  folder = path.join(lab.folder, 'reader');
  mkdirSync(folder);
  for (const file of ['model.joblib', 'payload.json']) cpSync(path.join(root, 'examples/heart-disease', file), path.join(folder, file));
  const retrain = 'import joblib; m = joblib.load("model.joblib"); m[-1].intercept_ += 0.5; joblib.dump(m, "model-v2.joblib")';
  execFileSync(python, ['-c', retrain], { cwd: folder });
  // What `npm run emulator:gcp` runs once the parts are installed.
  fake = spawn(process.execPath, [path.join(root, 'scripts/gcp-emulator.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    fake.once('exit', () => reject(new Error(`the fake ended: ${said}`)));
    fake.stdout!.on('data', (text) => {
      said += String(text);
      if (said.includes('STORAGE_EMULATOR_HOST')) resolve();
    });
  });
  // Just what it says, and no settings of this machine.
  for (const [, name = '', value = ''] of said.matchAll(/^ +(?:export|set) (\w+)=(\S*)$/gm)) lab.env[name] = value;
});
afterAll(async () => {
  const ended = fake?.exitCode === null ? once(fake, 'exit') : null;
  fake?.kill();
  await ended;
  await lab?.close();
});

test('the fake is an npm script', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  expect(linesOf('gcp-emulator')).toEqual(['npm run emulator:gcp']);
  expect(scripts['emulator:gcp']).toContain('scripts/gcp-emulator.mjs');
});

test('the section shows the commands of a first hour', () => {
  expect(linesOf('gcp').map((line) => line.split(' ')[1])).toEqual(['deploy', 'invoke', 'deploy', 'promote', 'rollback', 'status', 'delete']);
});

// The first brings, compiles and packs a scientific stack: minutes on a busy machine.
test.each(linesOf('gcp'))('%s', async (line) => {
  const [program, ...args] = line.trim().split(/\s+/);
  expect(program).toBe('mlfn');
  const ran = await lab.mlfn(args, { cwd: folder });
  expect(ran.code, ran.stderr).toBe(0);
}, 600_000);
