/**
 * Which process is meant. A process id alone is reused, so it goes with the time its process started, in whatever form
 * the system tells it.
 */
import { readFile } from 'node:fs/promises';
import { exec } from 'tinyexec';
import { isRunning } from '../../running.ts';
import { isMissing } from './files.ts';

export interface Identity {
  pid: number;
  started: string;
}

let own: Promise<Identity> | undefined;

export function ownIdentity(): Promise<Identity> {
  own ??= startOf(process.pid).then((started) => ({ pid: process.pid, started: started ?? 'unknown' }));
  return own;
}

export async function isAlive(identity: Identity): Promise<boolean> {
  if (!Number.isInteger(identity.pid) || identity.pid <= 0 || !isRunning(identity.pid)) return false;
  return (await startOf(identity.pid)) === identity.started;
}

/** A name for files that belong to a process; `ownerOf` reads it back. */
export function tagOf(identity: Identity): string {
  return `${identity.pid}_${Buffer.from(identity.started).toString('hex')}`;
}

export function ownerOf(tag: string): Identity | null {
  const match = /^(\d+)_([0-9a-f]+)/.exec(tag);
  return match ? { pid: Number(match[1]), started: Buffer.from(match[2]!, 'hex').toString() } : null;
}

/** Null when there is no such process. A zombie counts as gone: it holds nothing any more. */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    try {
      // proc(5): the command in parentheses may hold spaces, so fields are counted from the last one: 3 state, 22 start.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : `${await bootId()}:${fields[19]}`;
    } catch (error) {
      if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ESRCH') return null;
      throw error;
    }
  }
  const answer =
    process.platform === 'win32'
      ? await exec('powershell', ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`])
      : await exec('ps', ['-o', 'lstart=', '-p', String(pid)], { nodeOptions: { env: { LC_ALL: 'C' } } });
  return answer.stdout.trim() || null;
}

let boot: Promise<string> | undefined;

/** Start times count from the boot, so they repeat after the next one. */
function bootId(): Promise<string> {
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((id) => id.trim().slice(0, 8), () => 'boot');
  return boot;
}
