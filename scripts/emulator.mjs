// An AWS of one's own to try `--target aws` with: node scripts/emulator.mjs [PORT]. It runs until Ctrl-C and forgets everything then.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const windows = process.platform === 'win32';
const port = process.argv[2] ?? '4566';
const endpoint = `http://127.0.0.1:${port}`;
const handlerPython = path.join(root, '.aws-lab/runtime', windows ? 'Scripts/python.exe' : 'bin/python');
const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-emulator-'));

function packages() {
  if (windows) return path.join(root, '.venv-aws/Lib/site-packages');
  const lib = path.join(root, '.venv-aws/lib');
  return path.join(lib, readdirSync(lib).find((name) => name.startsWith('python3.')), 'site-packages');
}

const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1' };
const own = { BIND_HOST: '127.0.0.1', GATEWAY_PORT: port, S3_PERSIST: '1', S3_DATA_DIR: path.join(folder, 's3'), LAMBDA_EXECUTOR: 'local' };
const more = { MINISTACK_ACCOUNT_ID: '123456789012', MINISTACK_REGION: keys.AWS_REGION, IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0', PYTHONNOUSERSITE: '1' };
const child = spawn(handlerPython, ['-I', path.join(root, 'test/aws/lab/ministack.py'), packages()], {
  cwd: folder,
  env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, HOME: folder, TMPDIR: folder, TEMP: folder, TMP: folder, ...keys, ...own, ...more },
  stdio: ['ignore', 'ignore', 'ignore'],
});
child.on('error', (error) => console.error(`The emulator does not start: ${error.message}. Install it first: node scripts/aws-lab.mjs`));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill());
child.on('close', (code) => {
  clearInterval(asking);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exitCode = code ?? 0;
});
const asking = setInterval(async () => {
  const answer = await fetch(`${endpoint}/_ministack/ready`).catch(() => null);
  if (answer?.status !== 200) return;
  clearInterval(asking);
  const word = windows ? 'set' : 'export';
  console.log(`The emulator is ready; Ctrl-C ends it. In the terminal where you use mlfn:\n`);
  for (const [name, value] of Object.entries({ AWS_ENDPOINT_URL: endpoint, ...keys })) console.log(`    ${word} ${name}=${value}`);
}, 100);
