/** A forward-only view of a byte stream: a small buffer that is refilled, and a skip that seeks where it can. */
export interface ByteSource {
  /** Bytes put at the start of `into`; 0 only at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Steps over up to `count` bytes; fewer only at the end. */
  skip(count: number): Promise<number>;
  close(): Promise<void>;
}

const CAPACITY = 256 * 1024;

/** `buffer[pos..end)` is what can be read now. Readers move `pos` themselves: a call per byte would be too slow. */
export class ByteWindow {
  buffer: Buffer = Buffer.allocUnsafe(CAPACITY);
  pos = 0;
  end = 0;
  /** Offset in the stream of buffer[0]. */
  #base = 0;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get offset(): number {
    return this.#base + this.pos;
  }

  get available(): number {
    return this.end - this.pos;
  }

  /** Makes `count` bytes available; false when the stream ends before that. */
  async ensure(count: number): Promise<boolean> {
    if (this.available >= count) return true;
    this.#makeRoom(count);
    while (this.available < count) {
      const read = await this.#source.read(this.buffer.subarray(this.end));
      if (read === 0) return false;
      this.end += read;
    }
    return true;
  }

  /** Steps over `count` bytes; false when the stream ends before that. */
  async skip(count: number): Promise<boolean> {
    const here = Math.min(count, this.available);
    this.pos += here;
    const rest = count - here;
    if (rest === 0) return true;
    this.#base += this.end;
    this.pos = 0;
    this.end = 0;
    const skipped = await this.#source.skip(rest);
    this.#base += skipped;
    return skipped === rest;
  }

  #makeRoom(count: number): void {
    const target = count > this.buffer.length ? Buffer.allocUnsafe(count) : this.buffer;
    this.buffer.copy(target, 0, this.pos, this.end);
    this.#base += this.pos;
    this.end -= this.pos;
    this.pos = 0;
    this.buffer = target;
  }
}
