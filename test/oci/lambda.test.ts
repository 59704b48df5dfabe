/** An image for AWS Lambda, run as Lambda runs it: by AWS's runtime emulator and runtime client, on a Debian. */
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { program } from '../aws/lab/programs.ts';
import { answers, freePort, startServer, temporary } from '../aws/lab/server.ts';
import { Lab } from '../e2e/lab.ts';
import { judged } from './lab.ts';
import { debian, installed } from './programs.ts';

let lab: Lab;
beforeAll(() => {
  lab = new Lab({ engine: 'auto' });
});
afterAll(() => lab.close());

interface Process {
  process: { args: string[]; env: string[]; cwd: string };
}

test('answers the sample, and says how it starts', async () => {
  const folder = path.join(lab.folder, 'heart');
  cpSync(path.resolve(import.meta.dirname, '../../examples/heart-disease'), folder, { recursive: true });
  await lab.json(['image', '--for', 'lambda', '--base', `oci:${debian}:trixie`, '-o', 'heart.tar'], { cwd: folder });
  const at = (name: string) => path.join(folder, name);
  mkdirSync(at('layout'));
  judged('tar', '-xf', at('heart.tar'), '-C', at('layout'));
  judged(installed('umoci'), 'unpack', '--image', `${at('layout')}:latest`, at('bundle'));
  const { args, env, cwd } = (JSON.parse(readFileSync(at('bundle/config.json'), 'utf8')) as Process).process;
  expect([args, cwd]).toEqual([['/usr/bin/python3.13', '-m', 'awslambdaric', 'mlfn_serve.entry.handler'], '/var/task']);
  const root = at('bundle/rootfs');
  copyFileSync(program('runtimeEmulator'), path.join(root, 'rie'));
  const [door, api] = [await freePort(), await freePort()];
  const variables = [...env, 'AWS_LAMBDA_FUNCTION_NAME=heart', 'AWS_LAMBDA_FUNCTION_VERSION=7'].flatMap((each) => ['--setenv', each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]);
  const box = ['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--die-with-parent', '--unshare-user', '--uid', '993', '--gid', '990', '--clearenv', ...variables, '--chdir', cwd];
  const emulator = ['/rie', '--runtime-interface-emulator-address', `127.0.0.1:${door}`, '--runtime-api-address', `127.0.0.1:${api}`];
  const url = `http://127.0.0.1:${door}/2015-03-31/functions/function/invocations`;
  const server = await startServer({ command: installed('bwrap'), args: [...box, ...emulator, ...args], folder: temporary('lambda'), ready: () => answers(`http://127.0.0.1:${door}/`) });
  onTestFinished(() => server.stop());
  const response = await fetch(url, { method: 'POST', body: readFileSync(at('payload.json')) });
  expect(await response.json(), server.log()).toEqual({ diagnosis: 'heart-disease' });
});
