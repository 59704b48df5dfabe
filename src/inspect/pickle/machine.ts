/**
 * Walks a pickle as the unpickler would, with shapes in the place of objects. Nothing is imported or called. Whatever
 * the real unpickler would do that cannot be told from the bytes is an error: `safe` must be a proof.
 */
import { Malformed } from '../bytes/malformed.ts';
import { type Budget, NODE_STACK_LIMIT, STACK_LIMIT } from './budget.ts';
import { HANDLERS } from './handlers.ts';
import { Memo } from './memo.ts';
import { NAMES } from './opcodes.ts';
import type { OpcodeReader } from './reader.ts';
import type { Demand } from './sizes.ts';
import { Collection, type Global, Instance, type Value } from './values.ts';

/** What one file's pickles share: the outer one and those that joblib nests behind object arrays. */
export interface Walk {
  reader: OpcodeReader;
  budget: Budget;
  demand: Demand;
  /** Looks a name up in the allowlist and notes it. */
  global(module: string, name: string, offset: number, protocol: number): Global;
  /** Highest protocol seen. */
  protocol: number;
  /** It named joblib's array wrapper, so array bytes may lie between opcodes. */
  arrays: boolean;
  padded: boolean;
  /** Walks the pickle that begins here, in a machine of its own, and gives the shape of its object. */
  nested(): Promise<Value>;
}

const MAX_PROTOCOL = 5;

export class Machine {
  readonly stack: Value[] = [];
  readonly memo: Memo;
  readonly walk: Walk;
  /** Inside an object array: joblib reads it with a plain unpickler. */
  readonly nested: boolean;
  protocol = 0;
  result: Value = undefined;
  /** Opcodes until now. */
  steps = 0;
  readonly #marks: number[] = [];
  /** Below it the stack belongs to an outer MARK. */
  #floor = 0;
  #frameEnd = -1;
  #stopped = false;

  constructor(walk: Walk, nested: boolean) {
    this.walk = walk;
    this.nested = nested;
    this.memo = new Memo(walk.budget);
  }

  /** Offset of the opcode being handled. */
  get offset(): number {
    return this.walk.reader.offset;
  }

  /** Walks to STOP and gives the shape of the object. Throws `Malformed`. */
  async run(): Promise<Value> {
    const { reader } = this.walk;
    while (!this.#stopped) {
      const step = reader.advance();
      if (!(step === true || (await step))) {
        throw new Malformed('truncated', 'The file ends before the pickle does.', reader.window.offset);
      }
      this.steps += 1;
      if (this.#frameEnd >= 0) this.#checkFrame();
      const wait = HANDLERS[reader.code]!(this, reader.arg);
      if (wait !== undefined) await wait;
    }
    return this.result;
  }

  push(value: Value): void {
    const { stack } = this;
    if (stack.length >= NODE_STACK_LIMIT && (stack.length >= STACK_LIMIT || value instanceof Collection || value instanceof Instance)) {
      throw new Malformed('too-complex', `More than ${stack.length} objects wait on the stack.`, this.offset);
    }
    stack.push(value);
  }

  pop(): Value {
    this.need(1);
    return this.stack.pop();
  }

  top(): Value {
    this.need(1);
    return this.stack[this.stack.length - 1];
  }

  need(count: number): void {
    if (this.stack.length - this.#floor < count) throw this.error('stack-underflow', 'takes more from the stack than is there');
  }

  get hasItems(): boolean {
    return this.stack.length > this.#floor;
  }

  /** How many MARKs are open. */
  get depth(): number {
    return this.#marks.length;
  }

  mark(): void {
    if (this.#marks.length >= STACK_LIMIT) throw new Malformed('too-complex', 'MARK is nested too deeply.', this.offset);
    this.#marks.push(this.#floor);
    this.#floor = this.stack.length;
  }

  /** Everything since the last MARK. */
  popMark(): Value[] {
    const outer = this.#marks.pop();
    if (outer === undefined) throw this.error('stack-underflow', 'looks for a MARK that is not there');
    const values = this.stack.splice(this.#floor);
    this.#floor = outer;
    return values;
  }

  beginFrame(length: number): void {
    if (this.#frameEnd >= 0) throw this.error('frame-mismatch', 'begins a frame inside a frame');
    this.#frameEnd = this.walk.reader.window.offset + length;
    this.#checkFrame();
  }

  beginProtocol(version: number): void {
    if (version > MAX_PROTOCOL) throw this.error('unknown-protocol', `asks for pickle protocol ${version}; the highest known is ${MAX_PROTOCOL}`, 'Save the model again with pickle protocol 5 or lower.');
    this.protocol = version;
    this.walk.protocol = Math.max(this.walk.protocol, version);
  }

  stop(): void {
    this.result = this.pop();
    this.assertOutsideFrame();
    this.#stopped = true;
  }

  /** Python reads a frame at once: what lies outside the pickle (array bytes, the next pickle) begins after its end. */
  assertOutsideFrame(): void {
    if (this.#frameEnd >= 0) throw this.error('frame-mismatch', 'comes before the end that its frame declares');
  }

  error(code: string, what: string, hint?: string): Malformed {
    return new Malformed(code, `${NAMES[this.walk.reader.code]} ${what}.`, this.offset, hint);
  }

  #checkFrame(): void {
    const { offset } = this.walk.reader.window;
    if (offset > this.#frameEnd) throw this.error('frame-mismatch', 'crosses the end that its frame declares');
    if (offset === this.#frameEnd) this.#frameEnd = -1;
  }
}
