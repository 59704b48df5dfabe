/** FlatBuffers (flatbuffers.dev/internals): tables, vectors and texts, each found by an offset from where it is named. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';

const MOST_ITEMS = 1_000_000;
const LONGEST_TEXT = 4 * 1024 * 1024;

export class FlatBuffer {
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
  }

  /** Where the thing is that is named at `at`. @throws Malformed */
  async follow(at: number): Promise<number> {
    const to = at + (await this.#uint32(at));
    if (to === at) throw new Malformed('corrupt', 'An offset of the model leads nowhere.', at);
    return to;
  }

  /** Where a table has its field; null where it has not. Fields count from 0, in the order of the schema. */
  async field(table: number, index: number): Promise<number | null> {
    const vtable = table - (await this.#view.bytes(table, 4)).readInt32LE(0);
    const size = (await this.#view.bytes(vtable, 2)).readUInt16LE(0);
    const place = 4 + 2 * index;
    if (place + 2 > size) return null;
    const offset = (await this.#view.bytes(vtable + place, 2)).readUInt16LE(0);
    return offset === 0 ? null : table + offset;
  }

  async int(table: number, index: number, otherwise: number): Promise<number> {
    const at = await this.field(table, index);
    return at === null ? otherwise : (await this.#view.bytes(at, 4)).readInt32LE(0);
  }

  async text(table: number, index: number): Promise<string | null> {
    const at = await this.field(table, index);
    if (at === null) return null;
    const start = await this.follow(at);
    const length = await this.#uint32(start);
    if (length > LONGEST_TEXT) throw new Malformed('too-complex', `A text of ${length} bytes is more than any model needs there.`, start);
    return (await this.#view.bytes(start + 4, length)).toString('utf8');
  }

  /** The texts of a vector. */
  async texts(table: number, index: number): Promise<string[]> {
    const found: string[] = [];
    for (const start of await this.tables(table, index)) {
      const length = await this.#uint32(start);
      if (length > LONGEST_TEXT) throw new Malformed('too-complex', `A text of ${length} bytes is more than any model needs there.`, start);
      found.push((await this.#view.bytes(start + 4, length)).toString('utf8'));
    }
    return found;
  }

  async table(table: number, index: number): Promise<number | null> {
    const at = await this.field(table, index);
    return at === null ? null : this.follow(at);
  }

  async length(table: number, index: number): Promise<number> {
    const at = await this.field(table, index);
    return at === null ? 0 : this.#uint32(await this.follow(at));
  }

  /** The tables of a vector. */
  async tables(table: number, index: number): Promise<number[]> {
    const at = await this.field(table, index);
    if (at === null) return [];
    const start = await this.follow(at);
    const count = await this.#uint32(start);
    if (count > MOST_ITEMS) throw new Malformed('too-complex', `A list declares ${count} items.`, start);
    const items: number[] = [];
    for (let item = 0; item < count; item += 1) items.push(await this.follow(start + 4 + 4 * item));
    return items;
  }

  async #uint32(at: number): Promise<number> {
    return (await this.#view.bytes(at, 4)).readUInt32LE(0);
  }
}
