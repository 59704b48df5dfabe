/** The real command line, as a child process with a home of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const bin = path.join(import.meta.dirname, '../../bin/mlfn.js');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Machine {
  /** A temporary folder; gone after `close`. */
  folder: string;
  /** Runs `mlfn ...` in a folder, by default the temporary one. */
  mlfn(args: string[], options?: { cwd?: string }): Promise<Ran>;
  /** The same with --json; the answer is what was printed. Throws with both outputs unless it ended with `code`. */
  json<T>(args: string[], options?: { cwd?: string; code?: number }): Promise<T>;
  /** Ends the daemon and deletes everything. */
  close(): Promise<void>;
}

export function openMachine(): Machine {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-e2e-'));
  const env: NodeJS.ProcessEnv = { ...process.env, MLFN_HOME: path.join(folder, 'home') };
  const mlfn: Machine['mlfn'] = async (args, { cwd = folder } = {}) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  };
  return {
    folder,
    mlfn,
    async json<T>(args: string[], options: { cwd?: string; code?: number } = {}) {
      const ran = await mlfn([...args, '--json'], options);
      if (ran.code !== (options.code ?? 0)) {
        throw new Error(`mlfn ${args.join(' ')} ended with ${ran.code}:\n${ran.stdout}\n${ran.stderr}`);
      }
      return JSON.parse(ran.stdout) as T;
    },
    async close() {
      await mlfn(['stop']);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
