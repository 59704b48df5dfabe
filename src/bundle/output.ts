/** A new file that is counted and digested while it is written. */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Digest } from '../types.ts';

/** Small writes are gathered to this. */
const CHUNK = 1 << 18;

export interface Written {
  bytes: number;
  sha256: Digest;
}

/** Makes the file, which must not exist; its bytes are on the disk when this returns. */
export async function writeOutput(file: string, write: (output: Output) => Promise<void>): Promise<Written> {
  const handle = await open(file, 'wx', 0o644);
  const output = new Output(handle);
  try {
    await write(output);
    await output.flush();
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes: output.bytes, sha256: output.digest() };
}

/** Counts and digests what is written. Small writes are gathered. */
export class Output {
  bytes = 0;
  readonly #hash = createHash('sha256');
  readonly #handle: FileHandle;
  readonly #gathered = Buffer.allocUnsafe(CHUNK);
  #length = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(...parts: Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.bytes += part.length;
      this.#hash.update(part);
      if (this.#length + part.length > CHUNK) await this.flush();
      if (part.length > CHUNK) {
        await this.#put(part);
      } else {
        this.#gathered.set(part, this.#length);
        this.#length += part.length;
      }
    }
  }

  async flush(): Promise<void> {
    await this.#put(this.#gathered.subarray(0, this.#length));
    this.#length = 0;
  }

  digest(): Digest {
    return this.#hash.digest('hex');
  }

  /** A disk that fills up takes a part of the buffer before it refuses the rest. */
  async #put(buffer: Uint8Array): Promise<void> {
    for (let offset = 0; offset < buffer.length; ) {
      offset += (await this.#handle.write(buffer, offset, buffer.length - offset)).bytesWritten;
    }
  }
}
