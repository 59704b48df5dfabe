/** The AWS section of README.md, command by command, against the emulator that it tells to start. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../e2e/lab.ts';
import { python } from '../python.ts';
import { freePort } from './lab/server.ts';

const root = path.join(import.meta.dirname, '../..');
const linesOf = (name: string) => {
  const shown = execFileSync(process.execPath, [path.join(root, 'scripts/readme-commands.mjs'), name], { encoding: 'utf8' });
  return shown.trim().split('\n').map((line) => line.replace(/\s+#.*$/, ''));
};

let lab: Lab;
let emulator: ChildProcess;
let folder: string;
beforeAll(async () => {
  lab = new Lab({ engine: 'auto' });
  folder = path.join(lab.folder, 'reader');
  mkdirSync(folder);
  for (const file of ['model.joblib', 'payload.json']) cpSync(path.join(root, 'examples/heart-disease', file), path.join(folder, file));
  const retrain = 'import joblib; m = joblib.load("model.joblib"); m[-1].intercept_ += 0.5; joblib.dump(m, "model-v2.joblib")';
  execFileSync(python, ['-c', retrain], { cwd: folder });
  // What `npm run emulator` runs once the parts are installed.
  emulator = spawn(process.execPath, [path.join(root, 'scripts/emulator.mjs'), String(await freePort())], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    emulator.once('exit', () => reject(new Error(`the emulator ended: ${said}`)));
    emulator.stdout!.on('data', (text) => {
      said += String(text);
      if (said.includes('AWS_REGION')) resolve();
    });
  });
  // Just what it says, and no settings of this machine.
  for (const [, name = '', value = ''] of said.matchAll(/^ +(?:export|set) (\w+)=(\S+)$/gm)) lab.env[name] = value;
  Object.assign(lab.env, { AWS_CONFIG_FILE: path.join(lab.folder, 'none'), AWS_SHARED_CREDENTIALS_FILE: path.join(lab.folder, 'none') });
});
afterAll(async () => {
  const ended = emulator?.exitCode === null ? once(emulator, 'exit') : null;
  emulator?.kill();
  await ended;
  await lab?.close();
});

test('the emulator is an npm script', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  expect(linesOf('emulator')).toEqual(['npm run emulator']);
  expect(scripts['emulator']).toContain('scripts/emulator.mjs');
});

test('the section shows the commands of a first hour', () => {
  expect(linesOf('aws').map((line) => line.split(' ')[1])).toEqual(['deploy', 'invoke', 'deploy', 'promote', 'rollback', 'status', 'delete']);
});

test.each(linesOf('aws'))('%s', async (line) => {
  const [program, ...args] = line.trim().split(/\s+/);
  expect(program).toBe('mlfn');
  const ran = await lab.mlfn(args, { cwd: folder });
  expect(ran.code, ran.stderr).toBe(0);
});
