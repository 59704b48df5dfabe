/** Resident memory of a worker and the processes it started, in bytes. */
import { readFileSync } from 'node:fs';
import { exec } from 'tinyexec';

/** Linux tells it for nothing; elsewhere a command has to be run. */
export const SAMPLE_MS = process.platform === 'linux' ? 50 : 1000;

/** 0 when the process is gone. */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform === 'linux') return linuxTree(pid, true);
  return process.platform === 'win32' ? windowsProcess(pid) : psTree(pid);
}

/** The highest it ever was, where the kernel keeps count; else null. */
export function peakBytes(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  return field(read(`/proc/${pid}/status`), 'VmHWM');
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

/** Children share their parent's pages after a fork: of those only what is theirs alone counts. */
function linuxTree(pid: number, root: boolean): number {
  const own = field(read(`/proc/${pid}/status`), root ? 'VmRSS' : 'RssAnon');
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter((each) => each !== '');
  return children.reduce((sum, child) => sum + linuxTree(Number(child), false), own);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function psTree(pid: number): Promise<number> {
  const rows = (await exec('ps', ['-axo', 'pid=,ppid=,rss='])).stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const total = (of: number): number => {
    const own = rows.find(([id]) => id === of)?.[2] ?? 0;
    return rows.filter(([, parent]) => parent === of).reduce((sum, [child]) => sum + total(child!), own * 1024);
  };
  return total(pid);
}

/** Of the worker only; its children are not counted. `"python.exe","1234","Console","1","12,345 K"` in any locale. */
async function windowsProcess(pid: number): Promise<number> {
  const { stdout } = await exec('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
  const cell = stdout.trim().split('","').at(-1) ?? '';
  return Number(cell.replaceAll(/\D/g, '')) * 1024;
}
