/** UBJSON (ubjson.org, draft 12, as XGBoost writes it) as a stream: arrays of numbers are stepped over where nobody asks for them. */
import { Malformed } from '../bytes/malformed.ts';
import type { ByteWindow } from '../bytes/window.ts';
import { DEPTH, LONGEST_LIST, LONGEST_TEXT, type Value } from './tree.ts';

/** Bytes of each kind of number. */
const NUMBERS: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8, C: 1 };
const MOST_VALUES = 20_000_000;

export class UbjsonPicker {
  readonly #window: ByteWindow;
  readonly #skipped: ReadonlySet<string>;
  #values = 0;

  /** @param skipped keys whose values are stepped over, wherever they are */
  constructor(window: ByteWindow, skipped: ReadonlySet<string>) {
    this.#window = window;
    this.#skipped = skipped;
  }

  /** The one value of the file. @throws Malformed */
  async whole(): Promise<Value> {
    const value = await this.#value(await this.#marker(), 0, true);
    if (await this.#window.ensure(1)) throw new Malformed('trailing-data', 'Something follows the end of the model.', this.#window.offset, 'Save the model again, alone in its file.');
    return value;
  }

  /** `keep` false: the value is stepped over, and undefined. */
  async #value(marker: string, depth: number, keep: boolean): Promise<Value> {
    this.#values += 1;
    if (depth > DEPTH || this.#values > MOST_VALUES) throw new Malformed('too-complex', 'The file holds more, or deeper, values than any model.', this.#window.offset);
    if (NUMBERS[marker] !== undefined) return this.#number(marker);
    switch (marker) {
      case 'Z':
        return null;
      case 'T':
      case 'F':
        return marker === 'T';
      case 'S':
      case 'H':
        return this.#text(keep);
      case '{':
        return this.#object(depth, keep);
      case '[':
        return this.#list(depth, keep);
      default:
        throw new Malformed('corrupt', `0x${marker.charCodeAt(0).toString(16)} begins no value of UBJSON.`, this.#window.offset - 1);
    }
  }

  async #object(depth: number, keep: boolean): Promise<Value> {
    const { type, count } = await this.#container();
    const members = new Map<string, Value>();
    for (let index = 0; index < (count ?? Infinity); index += 1) {
      if (count === null && (await this.#peek()) === '}') {
        this.#window.pos += 1;
        break;
      }
      const key = (await this.#text(true)) ?? '';
      const wanted = keep && !this.#skipped.has(key);
      const value = await this.#value(type ?? (await this.#marker()), depth + 1, wanted);
      if (wanted) members.set(key, value);
    }
    return keep ? members : undefined;
  }

  async #list(depth: number, keep: boolean): Promise<Value> {
    const { type, count } = await this.#container();
    const size = type === null ? undefined : NUMBERS[type];
    if (size !== undefined && count !== null && (!keep || count > LONGEST_LIST)) {
      await this.#skip(size * count);
      return undefined;
    }
    const items: Value[] = [];
    for (let index = 0; index < (count ?? Infinity); index += 1) {
      if (count === null && (await this.#peek()) === ']') {
        this.#window.pos += 1;
        break;
      }
      const kept = keep && items.length < LONGEST_LIST;
      const value = await this.#value(type ?? (await this.#marker()), depth + 1, kept);
      if (kept) items.push(value);
    }
    return keep ? items : undefined;
  }

  /** `$` the one type of all values, `#` how many: both, the second, or neither. */
  async #container(): Promise<{ type: string | null; count: number | null }> {
    let type: string | null = null;
    if ((await this.#peek()) === '$') {
      this.#window.pos += 1;
      type = await this.#marker();
    }
    if ((await this.#peek()) !== '#') {
      if (type !== null) throw new Malformed('corrupt', 'A list names the type of its values and not how many there are.', this.#window.offset);
      return { type, count: null };
    }
    this.#window.pos += 1;
    const count = await this.#length();
    // Values of no bytes could be declared by the thousand millions.
    if (type !== null && NUMBERS[type] === undefined && count > MOST_VALUES) throw new Malformed('too-complex', `A list declares ${count} values.`, this.#window.offset);
    return { type, count };
  }

  async #length(): Promise<number> {
    const at = this.#window.offset;
    const length = await this.#number(await this.#marker());
    if (!Number.isSafeInteger(length) || length < 0) throw new Malformed('bad-length', `A length of ${length} is declared.`, at);
    return length;
  }

  async #text(keep: boolean): Promise<string | undefined> {
    const length = await this.#length();
    if (!keep) return void (await this.#skip(length));
    if (length > LONGEST_TEXT) throw new Malformed('too-complex', `A text of ${length} bytes is more than any model needs there.`, this.#window.offset);
    await this.#need(length);
    const { buffer, pos } = this.#window;
    this.#window.pos += length;
    return buffer.toString('utf8', pos, pos + length);
  }

  /** Big-endian. */
  async #number(marker: string): Promise<number> {
    const size = NUMBERS[marker];
    if (size === undefined) throw new Malformed('corrupt', `0x${marker.charCodeAt(0).toString(16)} is no number of UBJSON.`, this.#window.offset);
    await this.#need(size);
    const { buffer, pos } = this.#window;
    this.#window.pos += size;
    if (marker === 'd') return buffer.readFloatBE(pos);
    if (marker === 'D') return buffer.readDoubleBE(pos);
    if (marker === 'L') return Number(buffer.readBigInt64BE(pos));
    return marker === 'U' || marker === 'C' ? buffer.readUInt8(pos) : buffer.readIntBE(pos, size);
  }

  /** The next marker but for no-ops. */
  async #marker(): Promise<string> {
    const marker = await this.#peek();
    this.#window.pos += 1;
    return marker === 'N' ? this.#marker() : marker;
  }

  async #peek(): Promise<string> {
    await this.#need(1);
    return String.fromCharCode(this.#window.buffer[this.#window.pos] ?? 0);
  }

  async #need(count: number): Promise<void> {
    if (!(await this.#window.ensure(count))) throw truncated(this.#window.offset);
  }

  async #skip(count: number): Promise<void> {
    if (!(await this.#window.skip(count))) throw truncated(this.#window.offset);
  }
}

function truncated(offset: number): Malformed {
  return new Malformed('truncated', 'The file ends in the middle of the model.', offset);
}
