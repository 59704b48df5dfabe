/**
 * The LZMA algorithm (Igor Pavlov's specification, 2013): a range decoder that fills a ring of the last bytes. It
 * takes its input from a buffer that the caller refills and stops where the caller says, so nothing is held but the ring.
 */
import { corrupt } from './corrupt.ts';

/** Enough for `xz -9` and Python's preset 9. */
const LARGEST_DICTIONARY = 64 * 1024 * 1024;
const FIRST_RING = 1024 * 1024;

// Probabilities of one decoder, in one array.
const STATES = 12;
const POS_STATES = 16;
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * POS_STATES;
const IS_REP_0 = IS_REP + STATES;
const IS_REP_1 = IS_REP_0 + STATES;
const IS_REP_2 = IS_REP_1 + STATES;
const IS_REP_0_LONG = IS_REP_2 + STATES;
const SLOTS = IS_REP_0_LONG + STATES * POS_STATES;
const SPECIAL = SLOTS + 4 * 64;
const ALIGN = SPECIAL + 128;
const LENGTH = ALIGN + 16;
const LENGTH_SIZE = 2 + POS_STATES * 16 + 256;
const REP_LENGTH = LENGTH + LENGTH_SIZE;
const LITERALS = REP_LENGTH + LENGTH_SIZE;
const EVEN = 1024;

/** Range and code are unsigned; kept as signed words, which V8 does not box, they compare with the sign turned. */
const SIGN = -0x80000000;

export class LzmaDecoder {
  input: Uint8Array = new Uint8Array(0);
  at = 0;
  /** The end marker was read. */
  ended = false;
  readonly #limit: number;
  #ring: Uint8Array;
  #filled = 0;
  #total = 0;
  #range = 0;
  #code = 0;
  #state = 0;
  #reps = new Uint32Array(4);
  /** Of a match whose copying was interrupted. */
  #pending = 0;
  #probs = new Uint16Array(0);
  #lc = 0;
  #literalMask = 0;
  #posMask = 0;

  constructor(dictionary: number) {
    if (dictionary > LARGEST_DICTIONARY) throw corrupt('LZMA', `it needs a dictionary of ${dictionary} bytes; 64 MiB is the most that Python's presets use`);
    this.#limit = Math.max(dictionary, 4096);
    this.#ring = new Uint8Array(Math.min(this.#limit, FIRST_RING));
  }

  /** `(pb * 5 + lp) * 9 + lc`. */
  setProperties(byte: number): void {
    if (byte >= 9 * 5 * 5) throw corrupt('LZMA', 'its properties are out of range');
    this.#lc = byte % 9;
    const lp = Math.floor(byte / 9) % 5;
    this.#literalMask = (1 << lp) - 1;
    this.#posMask = (1 << Math.floor(byte / 45)) - 1;
    this.#probs = new Uint16Array(LITERALS + (0x300 << (this.#lc + lp)));
  }

  resetState(): void {
    this.#probs.fill(EVEN);
    this.#state = 0;
    this.#reps.fill(0);
    this.#pending = 0;
  }

  resetDictionary(): void {
    this.#filled = 0;
    this.#total = 0;
  }

  /** Takes the five bytes that every range-coded stretch begins with. */
  startRange(): void {
    if (this.input[this.at] !== 0) throw corrupt('LZMA', 'a range does not begin with zero');
    this.#range = -1;
    this.#code = 0;
    for (let byte = 1; byte < 5; byte += 1) this.#code = (this.#code << 8) | (this.input[this.at + byte] ?? 0);
    this.at += 5;
  }

  /** Stored bytes of LZMA2. Gives a view of the ring that is good until the next call. */
  copy(from: Uint8Array): Uint8Array {
    this.#grow(from.length);
    const count = Math.min(from.length, this.#ring.length - this.#filled);
    const start = this.#filled;
    this.#ring.set(from.subarray(0, count), start);
    this.#advance(count);
    return this.#ring.subarray(start, start + count);
  }

  /**
   * Makes up to `most` bytes as long as the input's `at` is before `inputEnd`; the view of the ring that it gives is
   * good until the next call.
   */
  decode(most: number, inputEnd: number): Uint8Array {
    this.#grow(most);
    const start = this.#filled;
    const stop = Math.min(this.#ring.length, start + most);
    let position = this.#copyMatch(start, stop);
    while (position < stop && this.at < inputEnd && !this.ended) {
      const posState = (this.#total + position - start) & this.#posMask;
      if (this.#bit(IS_MATCH + this.#state * POS_STATES + posState) === 0) {
        this.#ring[position] = this.#literal(position, this.#total + position - start);
        position += 1;
      } else if (this.#match(posState, this.#total + position - start)) {
        position = this.#copyMatch(position, stop);
      }
    }
    this.#advance(position - start);
    return this.#ring.subarray(start, position);
  }

  get pending(): boolean {
    return this.#pending > 0;
  }

  /** The range decoder's code is zero where a stretch really ends. */
  get rangeIsDone(): boolean {
    return this.#code === 0;
  }

  #advance(count: number): void {
    this.#total += count;
    this.#filled += count;
    if (this.#filled === this.#limit) this.#filled = 0;
  }

  /** The ring grows with its content until it is as large as the dictionary; only then does it wrap. */
  #grow(most: number): void {
    if (this.#ring.length === this.#limit || this.#filled + most <= this.#ring.length) return;
    const size = Math.min(this.#limit, Math.max(this.#ring.length * 2, this.#filled + most));
    const grown = new Uint8Array(size);
    grown.set(this.#ring.subarray(0, this.#filled));
    this.#ring = grown;
  }

  #bit(index: number): number {
    const probability = this.#probs[index]!;
    const bound = Math.imul(this.#range >>> 11, probability);
    let bit = 0;
    if ((this.#code ^ SIGN) < (bound ^ SIGN)) {
      this.#range = bound;
      this.#probs[index] = probability + ((2048 - probability) >> 5);
    } else {
      this.#range = (this.#range - bound) | 0;
      this.#code = (this.#code - bound) | 0;
      this.#probs[index] = probability - (probability >> 5);
      bit = 1;
    }
    if (this.#range >>> 24 === 0) this.#shift();
    return bit;
  }

  #shift(): void {
    this.#range <<= 8;
    this.#code = (this.#code << 8) | (this.input[this.at] ?? 0);
    this.at += 1;
  }

  #direct(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1) {
      this.#range = (this.#range >>> 1) | 0;
      const one = (this.#code ^ SIGN) >= (this.#range ^ SIGN);
      if (one) this.#code = (this.#code - this.#range) | 0;
      value = value * 2 + (one ? 1 : 0);
      if (this.#range >>> 24 === 0) this.#shift();
    }
    return value;
  }

  #tree(base: number, bits: number): number {
    let symbol = 1;
    for (let bit = 0; bit < bits; bit += 1) symbol = (symbol << 1) | this.#bit(base + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      const one = this.#bit(base + symbol);
      symbol = (symbol << 1) | one;
      value |= one << bit;
    }
    return value;
  }

  #literal(position: number, total: number): number {
    const size = this.#ring.length;
    const previous = total === 0 ? 0 : this.#ring[position === 0 ? size - 1 : position - 1]!;
    const base = LITERALS + 0x300 * (((total & this.#literalMask) << this.#lc) + (previous >> (8 - this.#lc)));
    let symbol = 1;
    if (this.#state >= 7) {
      const distance = this.#reps[0]! + 1;
      let byte = this.#ring[position >= distance ? position - distance : position - distance + size]!;
      do {
        const matched = (byte >> 7) & 1;
        byte <<= 1;
        const bit = this.#bit(base + ((1 + matched) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matched !== bit) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
    return symbol & 0xff;
  }

  /** Reads a match into `#reps[0]` and `#pending`; false at the end marker. */
  #match(posState: number, total: number): boolean {
    const state = this.#state;
    const reps = this.#reps;
    if (this.#bit(IS_REP + state) === 0) {
      reps.copyWithin(1, 0, 3);
      this.#pending = this.#length(LENGTH, posState);
      this.#state = state < 7 ? 7 : 10;
      reps[0] = this.#distance(this.#pending);
      if (reps[0] === 0xffffffff) {
        this.#pending = 0;
        this.ended = true;
        return false;
      }
    } else {
      this.#repeated(posState, state);
    }
    if (reps[0]! >= Math.min(total, this.#limit)) throw corrupt('LZMA', 'a match reaches back too far');
    return true;
  }

  #repeated(posState: number, state: number): void {
    const reps = this.#reps;
    if (this.#bit(IS_REP_0 + state) === 0) {
      if (this.#bit(IS_REP_0_LONG + state * POS_STATES + posState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        this.#pending = 1;
        return;
      }
    } else {
      const which = this.#bit(IS_REP_1 + state) === 0 ? 1 : 2 + this.#bit(IS_REP_2 + state);
      const distance = reps[which]!;
      reps.copyWithin(1, 0, which);
      reps[0] = distance;
    }
    this.#pending = this.#length(REP_LENGTH, posState);
    this.#state = state < 7 ? 8 : 11;
  }

  #length(base: number, posState: number): number {
    if (this.#bit(base) === 0) return 2 + this.#tree(base + 2 + posState * 8, 3);
    if (this.#bit(base + 1) === 0) return 10 + this.#tree(base + 2 + POS_STATES * 8 + posState * 8, 3);
    return 18 + this.#tree(base + 2 + POS_STATES * 16, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(SLOTS + Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + this.#reverseTree(SPECIAL + base - slot, bits);
    return base + this.#direct(bits - 4) * 16 + this.#reverseTree(ALIGN, 4);
  }

  #copyMatch(from: number, stop: number): number {
    const ring = this.#ring;
    const end = Math.min(stop, from + this.#pending);
    this.#pending -= end - from;
    let source = from - this.#reps[0]! - 1;
    if (source < 0) source += ring.length;
    for (let position = from; position < end; position += 1) {
      ring[position] = ring[source]!;
      source += 1;
      if (source === ring.length) source = 0;
    }
    return end;
  }
}
