/** A function's log: one JSON value per line, in numbered files that are cut at a size. */
import { appendFile, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { LogLine } from '../../../live.ts';
import { namesIn } from '../files.ts';

const FILE_BYTES = 8 * 1024 * 1024;
const FILES_KEPT = 5;
/** Above this much unwritten text the workers' output is no longer read, and they wait. */
const PENDING_BYTES = 4 * 1024 * 1024;

export class Journal {
  #pending: string[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | null = null;
  #waiting: (() => void)[] = [];
  #number = 0;
  #size = 0;

  constructor(
    readonly folder: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Returns null when there is room for more, else a promise of it. */
  write(line: LogLine): Promise<void> | null {
    const text = `${JSON.stringify(line)}\n`;
    this.#pending.push(text);
    this.#pendingBytes += text.length;
    this.#writing ??= this.#drain();
    if (this.#pendingBytes < PENDING_BYTES) return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #drain(): Promise<void> {
    // One turn later, so that lines of the same moment go out in one write.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const text = this.#pending.join('');
      this.#pending = [];
      // A log that cannot be written (a full disk) must not take the endpoint down.
      await this.#append(text).catch(this.onError);
      this.#pendingBytes = this.#pending.reduce((sum, each) => sum + each.length, 0);
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
    this.#writing = null;
  }

  async #append(text: string): Promise<void> {
    if (this.#number === 0) await this.#open();
    if (this.#size > FILE_BYTES) await this.#rotate();
    await appendFile(journalFile(this.folder, this.#number), text);
    this.#size += Buffer.byteLength(text);
  }

  async #open(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    this.#number = (await journalNumbers(this.folder)).at(-1) ?? 1;
    this.#size = await stat(journalFile(this.folder, this.#number)).then((found) => found.size, () => 0);
  }

  async #rotate(): Promise<void> {
    this.#number += 1;
    this.#size = 0;
    for (const number of (await journalNumbers(this.folder)).slice(0, -(FILES_KEPT - 1))) {
      await rm(journalFile(this.folder, number), { force: true });
    }
  }
}

/** `000001.ndjson`, counted up for ever: a reader that follows knows which file comes next. */
export function journalFile(folder: string, number: number): string {
  return path.join(folder, `${String(number).padStart(6, '0')}.ndjson`);
}

/** Oldest first. */
export async function journalNumbers(folder: string): Promise<number[]> {
  return (await namesIn(folder)).filter((name) => /^\d{6}\.ndjson$/.test(name)).map((name) => Number.parseInt(name, 10));
}
