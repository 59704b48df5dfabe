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
    if (this.#count < count) this.#fill(count);
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }

  /** The next 20 bits, with zeros behind the end, and nothing taken. */
  peek20(): number {
    if (this.#count < 20) this.#fill(0);
    return this.#count >= 20 ? (this.#held >>> (this.#count - 20)) & 0xfffff : (this.#held << (20 - this.#count)) & 0xfffff;
  }

  /** Drops the rest of the byte. */
  align(): void {
    this.#input.pos -= this.#count >> 3;
    this.#count = 0;
    this.#held = 0;
  }

  #fill(need: number): void {
    const input = this.#input;
    while (this.#count <= 23 && input.pos < input.end) {
      this.#held = (this.#held << 8) | (input.buffer[input.pos] ?? 0);
      input.pos += 1;
      this.#count += 8;
    }
    if (this.#count < need) throw new RangeError('end of input');
  }
}
