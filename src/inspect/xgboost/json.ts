/** JSON of any length (RFC 8259) as a stream: objects are entered, what hangs on a key of no interest is stepped over. */
import { Malformed } from '../bytes/malformed.ts';
import type { ByteWindow } from '../bytes/window.ts';
import { DEPTH, LONGEST_TEXT, type Value } from './tree.ts';

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const STEP = 64 * 1024;

export class JsonPicker {
  readonly #window: ByteWindow;
  readonly #skipped: ReadonlySet<string>;

  /** @param skipped keys whose values are stepped over, wherever they are */
  constructor(window: ByteWindow, skipped: ReadonlySet<string>) {
    this.#window = window;
    this.#skipped = skipped;
  }

  /** The one value of the file. @throws Malformed */
  async whole(): Promise<Value> {
    const value = await this.#value(0);
    await this.#space();
    if (this.#window.available > 0) throw new Malformed('trailing-data', 'Something follows the end of the JSON.', this.#window.offset, 'Save the model again, alone in its file.');
    return value;
  }

  async #value(depth: number): Promise<Value> {
    const next = await this.#space();
    if (next !== OPEN) return JSON.parse(await this.#text()) as Value;
    if (depth >= DEPTH) throw new Malformed('too-complex', `Objects are nested more than ${DEPTH} deep.`, this.#window.offset);
    return this.#object(depth);
  }

  async #object(depth: number): Promise<Map<string, Value>> {
    const members = new Map<string, Value>();
    this.#window.pos += 1;
    if ((await this.#space()) === CLOSE) {
      this.#window.pos += 1;
      return members;
    }
    for (;;) {
      if ((await this.#space()) !== QUOTE) throw this.#unexpected();
      const key = this.#parsed(await this.#text()) as string;
      if ((await this.#space()) !== COLON) throw this.#unexpected();
      this.#window.pos += 1;
      if (this.#skipped.has(key)) {
        await this.#space();
        await this.#scan(null);
      } else members.set(key, await this.#value(depth + 1));
      const after = await this.#space();
      if (after !== COMMA && after !== CLOSE) throw this.#unexpected();
      this.#window.pos += 1;
      if (after === CLOSE) return members;
    }
  }

  /** A value that is no object, as it stands in the file; JSON.parse says whether it is one. */
  async #text(): Promise<string> {
    const parts: Buffer[] = [];
    await this.#scan(parts);
    const text = Buffer.concat(parts).toString('utf8');
    this.#parsed(text);
    return text;
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new Malformed('corrupt', `${JSON.stringify(text.slice(0, 40))} is no JSON.`, this.#window.offset);
    }
  }

  /** To the end of the value that begins here. */
  async #scan(parts: Buffer[] | null): Promise<void> {
    const window = this.#window;
    const state: Scan = { depth: 0, quoted: false, escaped: false, begun: false, done: false };
    for (let kept = 0; !state.done; ) {
      if (!(await window.ensure(1))) {
        // A number at the very end of the file has nothing to end it.
        if (state.begun && state.depth === 0 && !state.quoted) return;
        throw truncated(window.offset);
      }
      const end = Math.min(window.end, window.pos + STEP);
      const used = scanTo(window.buffer.subarray(window.pos, end), state);
      if (parts !== null) {
        kept += used;
        if (kept > LONGEST_TEXT) throw new Malformed('too-complex', `A value of more than ${LONGEST_TEXT} bytes is more than any model needs there.`, window.offset);
        parts.push(Buffer.from(window.buffer.subarray(window.pos, window.pos + used)));
      }
      window.pos += used;
    }
  }

  /** The next byte that is no white space; 0 at the end. */
  async #space(): Promise<number> {
    const window = this.#window;
    while (await window.ensure(1)) {
      const byte = window.buffer[window.pos] ?? 0;
      if (byte !== 0x20 && (byte < 9 || byte > 13)) return byte;
      window.pos += 1;
    }
    return 0;
  }

  #unexpected(): Malformed {
    const { available, buffer, pos, offset } = this.#window;
    return available === 0 ? truncated(offset) : new Malformed('corrupt', `Byte 0x${(buffer[pos] ?? 0).toString(16)} does not belong here in JSON.`, offset);
  }
}

interface Scan {
  depth: number;
  quoted: boolean;
  escaped: boolean;
  begun: boolean;
  done: boolean;
}

/** How many of these bytes belong to the value; `done` when it ended among them. */
function scanTo(bytes: Uint8Array, state: Scan): number {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (state.quoted) {
      if (state.escaped) state.escaped = false;
      else if (byte === BACKSLASH) state.escaped = true;
      else if (byte === QUOTE) {
        state.quoted = false;
        if (state.depth === 0) return ended(state, at + 1);
      }
      continue;
    }
    const closes = byte === CLOSE || byte === CLOSE_LIST;
    // What follows a bare number or word belongs to the object around it.
    if (state.depth === 0 && state.begun && (closes || byte === COMMA || byte <= 0x20)) return ended(state, at);
    if (state.depth === 0 && closes) throw new Malformed('corrupt', 'A value is missing in JSON.');
    state.begun = true;
    if (byte === QUOTE) state.quoted = true;
    else if (byte === OPEN || byte === OPEN_LIST) state.depth += 1;
    else if (closes) {
      state.depth -= 1;
      if (state.depth === 0) return ended(state, at + 1);
    }
  }
  return bytes.length;
}

function ended(state: Scan, used: number): number {
  state.done = true;
  return used;
}

function truncated(offset: number): Malformed {
  return new Malformed('truncated', 'The JSON ends in the middle.', offset);
}
