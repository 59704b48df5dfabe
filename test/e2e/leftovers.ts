/** What a command or a daemon must not leave behind: processes, listening ports, half-made files. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';

/** Empty when only whole releases, their objects, logs and caches are there. For a home whose daemon was stopped. */
export async function leftovers(home: string, folder: string, ports: number[]): Promise<string[]> {
  const known = readJson<{ port: number }>(path.join(home, 'local', 'port.json'))?.port;
  const found = [...processesOf(folder), ...halfMade(home), ...unnamedObjects(home)];
  for (const port of new Set([...ports, ...(known === undefined ? [] : [known])])) {
    if (await answers(port, home)) found.push(`port ${port} still listens`);
  }
  return found;
}

/** Processes that name the folder in their command line, their variables or their current folder; not this one. */
export function processesOf(folder: string): string[] {
  if (process.platform !== 'linux') {
    const listed = execFileSync('ps', ['-Awwo', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    return listed.filter((line) => line.includes(folder));
  }
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      const about = Buffer.from(command + readFileSync(`/proc/${pid}/environ`, 'latin1'), 'latin1').toString();
      return about.includes(folder) && command !== '' ? [`process ${pid}: ${command.slice(0, 300)}`] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

const MARK = /(^|\/)\.(new|trash|collect)-|\.tmp(-|$)|manifest\.json\.[0-9a-f-]{36}$|^cache\/(verify|scratch|bugs)\/.|^local\/(leases|workers|claims)\/.|^local\/daemon\.json$/;

/** Everything below a home that a killed command may leave, by its relative path. */
export function halfMade(home: string): string[] {
  if (!existsSync(home)) return [];
  const all = everythingBelow(home).map((name) => name.split(path.sep).join('/'));
  const marked = all.filter((name) => MARK.test(name) || /^cache\/bytecode\/.*\/cache\/verify\/./.test(name));
  const candidates = all.filter((name) => /^local\/functions\/[^/]+\/releases\/\d+$/.test(name) && !existsSync(path.join(home, name, 'verified.json')));
  const empty = all.filter((name) => /^local\/functions\/[^/.]+$/.test(name) && !all.some((other) => other.startsWith(`${name}/releases/`)));
  return [...marked, ...candidates.map((name) => `${name} is a candidate`), ...empty.map((name) => `${name} has no release`)];
}

/** A daemon that still works takes folders away under the reader. */
function everythingBelow(folder: string): string[] {
  for (;;) {
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Objects that no release has. */
function unnamedObjects(home: string): string[] {
  const local = path.join(home, 'local');
  const functions = names(path.join(local, 'functions'));
  const records = functions.flatMap((name) => {
    const releases = path.join(local, 'functions', name, 'releases');
    return names(releases).map((number) => readJson<{ artifacts: Record<string, string> }>(path.join(releases, number, 'release.json')));
  });
  const named = new Set(records.flatMap((record) => Object.values(record?.artifacts ?? {})));
  return names(path.join(local, 'objects')).filter((digest) => !named.has(digest)).map((digest) => `object ${digest} is of no release`);
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

/** Whether a daemon of this home holds the port: another test's may have taken it since. */
function answers(port: number, home: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(existsSync(path.join(home, 'local', 'daemon.json')));
    });
  });
}
