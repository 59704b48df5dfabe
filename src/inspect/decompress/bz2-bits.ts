import type { ByteWindow } from '../bytes/window.ts';

/** Bits of a window, most significant first. Throws RangeError at the window's end. */
export class Bits {
  #held = 0;
  #count = 0;
  readonly #input: ByteWindow;

  constructor(input: ByteWindow) {
    this.#input = input;
  }

  /** Up to 24 bits. */
  read(count: number): number {
    const input = this.#input;
    while (this.#count < count) {
      if (input.pos >= input.end) throw new RangeError('end of input');
      this.#held = ((this.#held << 8) | (input.buffer[input.pos] ?? 0)) & 0x7fffffff;
      input.pos += 1;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }

  /** Drops the rest of the byte. */
  align(): void {
    this.#count = 0;
    this.#held = 0;
  }
}
