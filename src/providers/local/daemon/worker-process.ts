/** Starts and ends the operating system's side of a worker: its process, folder, variables and output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { exec } from 'tinyexec';
import type { RuntimeSettings } from '../../../live.ts';
import { namesIn, readJson, removeTree, writeJson } from '../files.ts';
import { isAlive, ownerOf, ownIdentity, startOf, tagOf, type Identity } from '../identity.ts';
import { toolsFolder, type Layout } from '../layout.ts';
import type { Host } from '../../provider.ts';

/** Everything a worker is made of; the same for each worker of a release. */
export interface WorkerSpec {
  function: string;
  release: number;
  /** `3.12` */
  python: string;
  settings: RuntimeSettings;
  host: Host;
  /** Variables of mlfn's own: where its model is, when it is not in the package; which objects requests may name. */
  told: Record<string, string>;
  /** The folder of answers that are too large for one; null where none may be written. */
  writes: string | null;
  functionPart: string;
  dependencyPart: string;
}

export interface Started {
  child: ChildProcess;
  pid: number;
  folder: string;
}

const LINE_BYTES = 64 * 1024;

export async function startProcess(layout: Layout, spec: WorkerSpec, api: string): Promise<Started> {
  const folder = path.join(layout.workers, `${tagOf(await ownIdentity())}-${randomBytes(4).toString('hex')}`);
  const temporary = path.join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const setup = JSON.stringify({
    path: [spec.functionPart, path.join(spec.functionPart, 'code'), spec.dependencyPart],
    client: spec.host.runtimeClient,
    handler: 'mlfn_serve.entry.handler',
    memory: spec.settings.memory,
    own: temporary,
    kept: path.resolve(layout.root),
    writes: spec.writes,
  });
  // -I and -S: no variable, no site-packages and no current folder of this machine's; UTF-8 as on Lambda.
  const args = ['-I', '-S', '-B', '-X', 'utf8', path.join(toolsFolder(), 'worker.py'), setup];
  const child = spawn(spec.host.interpreter, args, {
    cwd: spec.functionPart,
    env: { ...platformVariables(temporary), ...spec.settings.env, ...lambdaVariables(spec, api), ...spec.told },
    // The worker ends when its standard input does: so it outlives no daemon, however that died.
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that what it started is killed with it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  try {
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  } catch (error) {
    await removeTree(folder);
    throw error;
  }
  child.stdin?.on('error', () => undefined);
  const pid = child.pid!;
  const started = await startOf(pid);
  if (started !== null) await writeJson(path.join(folder, 'process.json'), { pid, started });
  return { child, pid, folder };
}

function lambdaVariables(spec: WorkerSpec, api: string): Record<string, string> {
  return {
    AWS_LAMBDA_RUNTIME_API: api,
    AWS_LAMBDA_FUNCTION_NAME: spec.function,
    AWS_LAMBDA_FUNCTION_VERSION: String(spec.release),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.settings.memory),
    AWS_LAMBDA_LOG_GROUP_NAME: `/mlfn/${spec.function}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `release/${spec.release}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    // awslambdaric writes JSON as this version's runtime does.
    AWS_EXECUTION_ENV: `AWS_Lambda_python${spec.python}`,
    LAMBDA_TASK_ROOT: spec.functionPart,
    _HANDLER: 'mlfn_serve.entry.handler',
  };
}

function platformVariables(temporary: string): Record<string, string> {
  const own = { TMPDIR: temporary, TEMP: temporary, TMP: temporary, HOME: temporary, TZ: 'UTC' };
  if (process.platform === 'win32') {
    // Without SystemRoot, Windows' Python has neither sockets nor random numbers.
    const system = process.env['SystemRoot'] ?? 'C:\\Windows';
    return { ...own, USERPROFILE: temporary, SystemRoot: system, PATH: `${system}\\System32;${system}` };
  }
  return { ...own, PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };
}

/** Ends a worker and all that it started, at once: as on Lambda, nothing is asked of it first. */
export async function killTree(pid: number): Promise<void> {
  if (process.platform === 'win32') {
    await exec('taskkill', ['/PID', String(pid), '/T', '/F']);
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Takes away the workers of a daemon that was killed: those of them that have not yet ended by themselves. */
export async function sweepWorkers(layout: Layout): Promise<number> {
  let killed = 0;
  for (const name of await namesIn(layout.workers)) {
    const owner = ownerOf(name);
    if (owner !== null && (await isAlive(owner))) continue;
    const worker = await readJson<Identity>(path.join(layout.workers, name, 'process.json'));
    if (worker !== null && (await isAlive(worker))) {
      await killTree(worker.pid);
      killed += 1;
    }
    await removeTree(path.join(layout.workers, name));
  }
  return killed;
}

/** Calls `line` for each line; stops reading while it returns a promise. */
export function readLines(stream: NodeJS.ReadableStream, line: (text: string) => Promise<void> | null): void {
  let rest = '';
  stream.setEncoding('utf8');
  const emit = (text: string): void => {
    const room = line(text.replace(/\r$/, ''));
    if (room === null) return;
    stream.pause();
    void room.then(() => stream.resume());
  };
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) emit(text);
    if (rest.length > LINE_BYTES) {
      emit(rest);
      rest = '';
    }
  });
  stream.on('end', () => rest !== '' && emit(rest));
  stream.on('error', () => undefined);
}
