/** Installs a function's requirements as Google's buildpack does, into a folder that its digest names, kept from run to run. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Status } from '../status.ts';
import { run } from './process.ts';
import { pythonFolder } from './runtimes.ts';

/** What Google's buildpack adds when the requirements do not name it. Source:
 * https://github.com/GoogleCloudPlatform/buildpacks/tree/main/cmd/python/functions_framework */
const FRAMEWORK = 'functions-framework==3.10.2';

const CACHE = path.join(os.tmpdir(), 'mlfn-gcp-environments');
const making = new Map<string, Promise<Environment>>();

export interface Environment {
  /** Where python is: first on PATH. */
  bin: string;
  /** The folder of the packages: on PYTHONPATH. */
  packages: string;
}

/** @throws Status with the installer's last words, which a build's log holds whole. */
export async function environment(version: string, requirements: string, log: (line: string) => void): Promise<Environment> {
  const bin = pythonFolder(version);
  if (!bin) throw new Status('FAILED_PRECONDITION', `The fake finds no Python ${version} on this machine.`);
  const text = existsSync(requirements) ? await readFile(requirements, 'utf8') : '';
  const digest = createHash('sha256').update(JSON.stringify([version, FRAMEWORK, text])).digest('hex').slice(0, 24);
  const packages = path.join(CACHE, digest);
  if (existsSync(packages)) {
    log('Installing application dependencies: found in the cache of the fake.');
    return { bin, packages };
  }
  const made = making.get(digest) ?? install(bin, version, text, requirements, packages, log).then(() => ({ bin, packages }));
  making.set(digest, made);
  return made.finally(() => making.delete(digest));
}

async function install(bin: string, version: string, text: string, requirements: string, packages: string, log: (line: string) => void) {
  const draft = `${packages}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const python = path.join(bin, `python${version}`);
  try {
    const hashes = /--hash[= ]/.test(text) ? ['--require-hashes'] : [];
    if (text.trim() !== '') await pip(python, draft, [...hashes, '-r', requirements], log);
    if (!/^functions-framework\b/im.test(text)) await pip(python, draft, [FRAMEWORK], log);
    await finished(python, ['-m', 'compileall', '-q', '-j', '2', '--invalidation-mode', 'unchecked-hash', draft], () => {});
    await rename(draft, packages).catch((error: unknown) => {
      if (!existsSync(packages)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function pip(python: string, target: string, what: string[], log: (line: string) => void): Promise<void> {
  const uv = uvPath();
  const [command, ...args] = uv
    ? [uv, 'pip', 'install', '--python', python, '--target', target, '--no-config', ...what]
    : [python, '-m', 'pip', 'install', '--target', target, '--disable-pip-version-check', ...what];
  const lines: string[] = [];
  const status = await finished(command as string, args, (line) => (lines.push(line), log(line)));
  if (status !== 'exit status 0') throw new Status('INVALID_ARGUMENT', lines.slice(-8).join('\n') || status);
}

async function finished(command: string, args: string[], line: (text: string) => void): Promise<string> {
  const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env as Record<string, string>;
  const running = run({ command, args, cwd: os.tmpdir(), env, line });
  await running.exited;
  return running.ended() as string;
}

function uvPath(): string | undefined {
  const own = path.join(import.meta.dirname, '../../../../.venv', process.platform === 'win32' ? 'Scripts/uv.exe' : 'bin/uv');
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'uv'));
  return [own, ...folders].find((file) => existsSync(file));
}
