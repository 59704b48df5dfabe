/** Any part of a file of known size, in any order, through one window. */
import type { FileHandle } from 'node:fs/promises';
import { Malformed } from './malformed.ts';

const WINDOW = 64 * 1024;
/** More than any one part of a model that is read at once, and little enough to hold. */
const LARGEST = 64 * 1024 * 1024;

export class View {
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  readonly size: number;
  readonly #read: (into: Buffer, position: number) => Promise<number>;

  constructor(size: number, read: (into: Buffer, position: number) => Promise<number>) {
    this.size = size;
    this.#read = read;
  }

  /** What of `length` bytes at `offset` lies in the window, if all of it does: a promise per number would be too slow. */
  peek(offset: number, length: number): Buffer | null {
    const at = offset - this.#start;
    return at >= 0 && at + length <= this.#window.length ? this.#window.subarray(at, at + length) : null;
  }

  /** Exactly `length` bytes; they stay as they are. @throws Malformed truncated, too-complex */
  async bytes(offset: number, length: number): Promise<Buffer> {
    const known = this.peek(offset, length);
    if (known !== null) return known;
    if (offset < 0 || offset + length > this.size) {
      throw new Malformed('truncated', `The file ends at byte ${this.size}; what it declares goes to ${offset + length}.`, Math.max(0, Math.min(offset, this.size)));
    }
    if (length > LARGEST) throw new Malformed('too-complex', `A part of ${length} bytes is more than any model needs there.`, offset);
    const window = Buffer.allocUnsafe(Math.min(this.size - offset, Math.max(length, WINDOW)));
    for (let done = 0; done < window.length; ) {
      const read = await this.#read(window.subarray(done), offset + done);
      if (read === 0) throw new Malformed('truncated', 'The file became shorter while it was read.', offset + done);
      done += read;
    }
    this.#window = window;
    this.#start = offset;
    return window.subarray(0, length);
  }
}

export function viewOfFile(file: FileHandle, size: number, signal: AbortSignal): View {
  return new View(size, async (into, position) => {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(into, 0, into.length, position);
    return bytesRead;
  });
}
