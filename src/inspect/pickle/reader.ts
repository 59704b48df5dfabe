/** Opcodes of a pickle stream, one at a time: what they are, where, and their argument. Nothing is interpreted. */
import { Malformed } from '../bytes/malformed.ts';
import type { ByteWindow } from '../bytes/window.ts';
import { SHAPES, Shape } from './opcodes.ts';
import { decodeLong, decodeUtf8 } from './text.ts';
import { Excerpt } from './values.ts';

/** Longer texts, byte strings and lines are stepped over: their argument is undefined. */
const KEEP_BYTES = 64 * 1024;
const LONG_KEEP_BYTES = 128;
const HEADER_BYTES = 9;

export type Argument = string | number | bigint | Uint8Array | Excerpt | readonly [module: string, name: string] | undefined;

export class OpcodeReader {
  code = 0;
  offset = 0;
  arg: Argument = undefined;
  readonly window: ByteWindow;
  #skip = 0;

  constructor(window: ByteWindow) {
    this.window = window;
  }

  /** Reads the next opcode; false at the end of the stream. A promise only when bytes have to be fetched. */
  advance(): boolean | Promise<boolean> {
    const { window } = this;
    if (window.available < HEADER_BYTES) return this.#fetch(HEADER_BYTES);
    this.offset = window.offset;
    const need = this.#parse();
    if (need > 0) return this.#fetch(need);
    return this.#skip === 0 ? true : this.#stepOver();
  }

  async #fetch(want: number): Promise<boolean> {
    const { window } = this;
    let need = want;
    for (;;) {
      const enough = await window.ensure(need);
      if (window.available === 0) return false;
      this.offset = window.offset;
      const more = this.#parse();
      if (more === 0) return this.#skip === 0 ? true : this.#stepOver();
      if (!enough && more > window.available) throw this.#truncated();
      need = more;
    }
  }

  /** Takes one opcode from the window and answers 0, or leaves it there and answers how many bytes it needs. */
  #parse(): number {
    const { window } = this;
    const { buffer, pos, end } = window;
    const code = buffer[pos] ?? 0;
    const shape = SHAPES[code];
    if (shape === undefined) {
      throw new Malformed('unknown-opcode', `0x${code.toString(16).padStart(2, '0')} is not a pickle opcode.`, this.offset);
    }
    this.code = code;
    this.arg = undefined;
    if (shape === Shape.none) {
      window.pos = pos + 1;
      return 0;
    }
    if (shape === Shape.line) return this.#line(false);
    if (shape === Shape.twoLines) return this.#line(true);
    const header = 1 + HEADERS[shape]!;
    if (end - pos < header) return header;
    return this.#binary(shape, buffer, pos + 1, header);
  }

  #binary(shape: Shape, buffer: Buffer, at: number, header: number): number {
    const { window } = this;
    const done = (arg: number): number => {
      this.arg = arg;
      window.pos += header;
      return 0;
    };
    switch (shape) {
      case Shape.u1:
        return done(buffer[at] ?? 0);
      case Shape.u2:
        return done(buffer.readUInt16LE(at));
      case Shape.i4:
        return done(buffer.readInt32LE(at));
      case Shape.u4:
        return done(buffer.readUInt32LE(at));
      case Shape.f8:
        return done(buffer.readDoubleBE(at));
      case Shape.u8:
        return done(this.#length8(buffer, at));
      default:
        return this.#payload(shape, this.#length(shape, buffer, at), header);
    }
  }

  #length(shape: Shape, buffer: Buffer, at: number): number {
    switch (HEADERS[shape]) {
      case 1:
        return buffer[at] ?? 0;
      case 8:
        return this.#length8(buffer, at);
      default: {
        const signed = shape === Shape.string4 || shape === Shape.long4;
        const length = signed ? buffer.readInt32LE(at) : buffer.readUInt32LE(at);
        if (length < 0) throw new Malformed('bad-length', `An opcode declares a negative length, ${length}.`, this.offset);
        return length;
      }
    }
  }

  #length8(buffer: Buffer, at: number): number {
    const length = buffer.readBigUInt64LE(at);
    if (length > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new Malformed('bad-length', `An opcode declares a length of ${length} bytes.`, this.offset);
    }
    return Number(length);
  }

  #payload(shape: Shape, length: number, header: number): number {
    const { window } = this;
    const long = shape === Shape.long1 || shape === Shape.long4;
    if (length > (long ? LONG_KEEP_BYTES : KEEP_BYTES)) {
      if (!long && this.#mayBeBooster(header)) {
        if (window.available < header + KEEP_BYTES) return header + KEEP_BYTES;
        this.arg = excerpt(window.buffer.subarray(window.pos + header, window.pos + header + KEEP_BYTES), shape <= Shape.text8);
      }
      window.pos += header;
      this.#skip = length;
      return 0;
    }
    if (window.available < header + length) return header + length;
    const start = window.pos + header;
    window.pos = start + length;
    if (long) this.arg = decodeLong(window.buffer.subarray(start, start + length));
    else if (shape <= Shape.text8) this.arg = this.#text(start, length);
    else if (shape <= Shape.bytes8) this.arg = Uint8Array.prototype.slice.call(window.buffer, start, start + length);
    // What a byte string of Python 2 becomes depends on the loader, but for ASCII.
    else this.arg = isAscii(window.buffer, start, length) ? window.buffer.toString('latin1', start, start + length) : undefined;
    return 0;
  }

  /** JSON and UBJSON of XGBoost, and CatBoost's own format: they begin with what they were written by. */
  #mayBeBooster(header: number): boolean {
    const at = this.window.pos + header;
    return at >= this.window.end || this.window.buffer[at] === 0x7b || this.window.buffer[at] === 0x43;
  }

  #text(start: number, length: number): string | undefined {
    const { buffer } = this.window;
    if (isAscii(buffer, start, length)) return buffer.toString('latin1', start, start + length);
    return decodeUtf8(buffer.subarray(start, start + length));
  }

  /** One line (Latin-1) or two (UTF-8, the names of GLOBAL and INST). */
  #line(two: boolean): number {
    const { window } = this;
    const start = window.pos + 1;
    const first = this.#newline(start);
    if (first < 0) return this.#longLine(two);
    if (!two) {
      this.arg = window.buffer.toString('latin1', start, first);
      window.pos = first + 1;
      return 0;
    }
    const second = this.#newline(first + 1);
    if (second < 0) return this.#longLine(two);
    const module = decodeUtf8(window.buffer.subarray(start, first));
    const name = decodeUtf8(window.buffer.subarray(first + 1, second));
    if (module === undefined || name === undefined) {
      throw new Malformed('unreadable-global', 'The name of a global is not UTF-8.', this.offset);
    }
    this.arg = [module, name];
    window.pos = second + 1;
    return 0;
  }

  #newline(from: number): number {
    const at = this.window.buffer.indexOf(10, from);
    return at < this.window.end ? at : -1;
  }

  #longLine(two: boolean): number {
    const have = this.window.available;
    if (have < KEEP_BYTES) return Math.min(KEEP_BYTES, have * 2 + 64);
    if (two) throw new Malformed('unreadable-global', 'The name of a global is longer than 64 KiB.', this.offset);
    this.window.pos += 1;
    this.#skip = -1;
    return 0;
  }

  async #stepOver(): Promise<boolean> {
    const { window } = this;
    const count = this.#skip;
    this.#skip = 0;
    if (count > 0) {
      if (!(await window.skip(count))) throw this.#truncated();
      return true;
    }
    for (;;) {
      const at = this.#newline(window.pos);
      if (at >= 0) {
        window.pos = at + 1;
        return true;
      }
      window.pos = window.end;
      if (!(await window.ensure(1))) throw this.#truncated();
    }
  }

  #truncated(): Malformed {
    return new Malformed('truncated', 'The file ends in the middle of an opcode.', this.offset);
  }
}

/** Text is how protocols 0 to 2 write bytes. */
function excerpt(bytes: Uint8Array, text: boolean): Excerpt {
  return new Excerpt(text ? Buffer.from(new TextDecoder().decode(bytes), 'latin1') : Uint8Array.from(bytes));
}

/** Bytes of the argument, or of the length before it, by shape. */
const HEADERS: readonly number[] = [0, 1, 2, 4, 4, 8, 8, 0, 0, 1, 4, 8, 1, 4, 8, 1, 4, 1, 4];

function isAscii(buffer: Uint8Array, start: number, length: number): boolean {
  for (let at = start; at < start + length; at += 1) if ((buffer[at] ?? 0) > 0x7f) return false;
  return true;
}
