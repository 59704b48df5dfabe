/** The runtimes of Cloud Functions for Python, and which Python stands for each here. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Source: https://cloud.google.com/functions/docs/runtime-support#python */
export const RUNTIMES = ['python310', 'python311', 'python312', 'python313', 'python314'];

const ROOT = process.env['PYENV_ROOT'] ?? path.join(os.homedir(), '.pyenv');

/** `python312` or `google-24/python312` -> `3.12`; undefined when it is no runtime. Source of the longer form:
 * https://cloud.google.com/run/docs/configuring/services/runtime-base-images */
export function versionOf(runtime: string): string | undefined {
  const name = runtime.slice(runtime.lastIndexOf('/') + 1);
  return RUNTIMES.includes(name) ? `3.${name.slice('python3'.length)}` : undefined;
}

/** The folder of that Python's programs; undefined when this machine has none. */
export function pythonFolder(version: string): string | undefined {
  const versions = existsSync(path.join(ROOT, 'versions')) ? readdirSync(path.join(ROOT, 'versions')) : [];
  const found = versions.find((name) => name.startsWith(`${version}.`));
  const folders = found === undefined ? [] : [path.join(ROOT, 'versions', found, 'bin')];
  folders.push(...(process.env['PATH'] ?? '').split(path.delimiter));
  return folders.find((folder) => existsSync(path.join(folder, `python${version}`)));
}
