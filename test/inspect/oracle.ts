import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { python } from '../python.ts';

export type Kind = 'pickle' | 'python' | 'optimized' | 'joblib' | 'zlib' | 'gzip' | 'bz2' | 'lzma' | 'xz';
export type OpcodeRow = [name: string, offset: number, global: [string, string] | null];

/** Python itself died of a request: of a signal, as a rule. */
export class Crash extends Error {}

interface Process {
  child: ChildProcess;
  ended: Promise<void>;
  waiting: { resolve(line: string): void; reject(error: Error): void }[];
}

/**
 * A Python process that makes pickles and tells what Python sees in them. Answers come in the order of the questions.
 * One that dies is replaced when the next question comes.
 */
export class Oracle {
  #process: Process | null = null;

  #start(): Process {
    const child = spawn(python, [path.join(import.meta.dirname, 'oracle.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const waiting: Process['waiting'] = [];
    createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
    // A request to one that has just died; what follows tells how.
    child.stdin.on('error', () => {});
    const ended = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        if (this.#process?.child === child) this.#process = null;
        for (const { reject } of waiting.splice(0)) reject(new Crash(`Python ended with ${signal ?? `exit code ${code}`}.`));
        resolve();
      });
    });
    return { child, ended, waiting };
  }

  async make(seed: number, protocol: number, kind: Kind): Promise<Buffer> {
    const { data } = await this.#ask<{ data: string }>({ command: 'make', seed, protocol, kind });
    return Buffer.from(data, 'base64');
  }

  /** Rows of `pickletools.genops`. */
  async opcodes(data: Buffer): Promise<OpcodeRow[]> {
    return (await this.#ask<{ rows: OpcodeRow[] }>({ command: 'opcodes', data: data.toString('base64') })).rows;
  }

  /** @throws Crash. Names that `find_class` is asked for by pickle (both of Python's unpicklers) and by joblib, and how each ended. */
  async trace(data: Buffer): Promise<{ pickle: [string, string][]; joblib: [string, string][]; outcomes: (string | null)[] }> {
    return this.#ask({ command: 'trace', data: data.toString('base64') });
  }

  async stop(): Promise<void> {
    this.#process?.child.stdin!.end();
    await this.#process?.ended;
  }

  async #ask<T>(request: object): Promise<T> {
    const { child, waiting } = (this.#process ??= this.#start());
    const line = await new Promise<string>((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}
