/** Deflated streams that lie in other files, read as they are. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Deflated } from '../types.ts';
import { changed, unreadable } from './hash.ts';

const PIECE = 1 << 18;

/** Each file is opened once: a wheel has hundreds of members. */
export class Streams {
  readonly #files = new Map<string, number>();
  readonly #buffer = Buffer.allocUnsafe(PIECE);

  /** Each piece is to be used before the next is asked for. @throws BUNDLE_CHANGED (after the last piece) | BUNDLE_UNREADABLE */
  *read({ file, offset, size, check }: Deflated): Generator<Buffer> {
    const handle = this.#open(file);
    let crc = 0;
    for (let done = 0; done < size; ) {
      const read = readSync(handle, this.#buffer, 0, Math.min(PIECE, size - done), offset + done);
      if (read === 0) throw changed(file);
      const piece = this.#buffer.subarray(0, read);
      crc = crc32(piece, crc);
      done += read;
      yield piece;
    }
    if (crc !== check) throw changed(file);
  }

  close(): void {
    for (const handle of this.#files.values()) closeSync(handle);
  }

  #open(file: string): number {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    try {
      const handle = openSync(file, 'r');
      this.#files.set(file, handle);
      return handle;
    } catch (cause) {
      return unreadable(file, cause);
    }
  }
}
