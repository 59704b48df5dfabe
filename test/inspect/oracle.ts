import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { python } from '../python.ts';

export type Kind = 'pickle' | 'python' | 'optimized' | 'joblib' | 'zlib' | 'gzip' | 'bz2' | 'lzma' | 'xz';
export type OpcodeRow = [name: string, offset: number, global: [string, string] | null];

/** A Python process that makes pickles and tells what Python sees in them. Answers come in the order of the questions. */
export class Oracle {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];

  constructor() {
    this.#child = spawn(python, [path.join(import.meta.dirname, 'oracle.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('The oracle ended.'));
        resolve();
      });
    });
  }

  async make(seed: number, protocol: number, kind: Kind): Promise<Buffer> {
    const { data } = await this.#ask<{ data: string }>({ command: 'make', seed, protocol, kind });
    return Buffer.from(data, 'base64');
  }

  /** Rows of `pickletools.genops`. */
  async opcodes(data: Buffer): Promise<OpcodeRow[]> {
    return (await this.#ask<{ rows: OpcodeRow[] }>({ command: 'opcodes', data: data.toString('base64') })).rows;
  }

  /** Names that `find_class` is asked for by pickle (both of Python's unpicklers) and by joblib, and how each ended. */
  async trace(data: Buffer): Promise<{ pickle: [string, string][]; joblib: [string, string][]; outcomes: (string | null)[] }> {
    return this.#ask({ command: 'trace', data: data.toString('base64') });
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended;
  }

  async #ask<T>(request: object): Promise<T> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}
