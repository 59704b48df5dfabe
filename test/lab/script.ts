/** What a test asks of the gate for calls to come: an error, a cut connection, a pause, a sign when one was answered. */

/** An error that a cloud answers with; each gate puts it into the form of its wire. */
interface Refusal {
  status: number;
  code: string;
  message: string;
  /** Header fields beside those of the protocol, e.g. Retry-After. */
  headers?: Record<string, string>;
}

/** What a script needs to know of a call, whichever cloud it is for. */
interface Numbered {
  /** From 1, in the order of arrival. */
  number: number;
  name: string;
}

/** Which call: the nth (1 when not said) of the operation (any when not said), counted from when it was asked for. */
export interface Point {
  /** `lambda:UpdateAlias` */
  operation?: string;
  nth?: number;
  /** Also the calls that follow the nth: this many in all, Infinity for every one. 1 when not said. */
  times?: number;
}

export type Fault =
  /** The cloud never sees the call. */
  | (Refusal & { kind?: 'error' })
  /** The cloud did it, and the caller is told that it failed. */
  | (Refusal & { kind: 'error-after' })
  /** The connection is reset; 'cut-after': once the cloud did it. */
  | { kind: 'cut-before' | 'cut-after' };

/** A call that is held. It goes on when it is released. */
export interface Hold<Call extends Numbered> {
  /** Resolves when the call has come to where it is held. */
  reached: Promise<Call>;
  release(): void;
}

interface Waiting<T> {
  point: Point;
  seen: number;
  /** The calls that it is for, by number. */
  hits: Set<number>;
  what: T;
}

interface Pause<Call extends Numbered> {
  /** 'request': the cloud has not seen it. 'answer': the cloud has done it, and the caller does not know yet. */
  at: 'request' | 'answer';
  arrive(call: Call): void;
  released: Promise<void>;
}

export class Script<Call extends Numbered> {
  readonly #faults: Waiting<Fault>[] = [];
  readonly #pauses: Waiting<Pause<Call>>[] = [];
  readonly #signs: Waiting<(call: Call) => void>[] = [];
  #calls = 0;

  /** The number of a call that has come in whole. */
  next(): number {
    this.#calls += 1;
    return this.#calls;
  }

  fault(point: Point, fault: Fault): void {
    this.#faults.push(waiting(point, fault));
  }

  hold(point: Point, at: Pause<Call>['at']): Hold<Call> {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<Call>((arrive) => this.#pauses.push(waiting(point, { at, arrive, released })));
    return { reached, release };
  }

  /** Resolves when the answer to the call has been handed to the socket. */
  answered(point: Point): Promise<Call> {
    return new Promise((resolve) => this.#signs.push(waiting(point, resolve)));
  }

  /** Counts a call that came in; the fault for it, if any. */
  arrived(call: Call): Fault | undefined {
    const faults = this.#faults.map((one) => counted(one, call));
    for (const one of [...this.#pauses, ...this.#signs]) counted(one, call);
    return this.#faults[faults.indexOf(true)]?.what;
  }

  async pass(call: Call, at: Pause<Call>['at']): Promise<void> {
    for (const { hits, what } of this.#pauses) {
      if (what.at !== at || !hits.has(call.number)) continue;
      what.arrive(call);
      await what.released;
    }
  }

  sent(call: Call): void {
    for (const { hits, what } of this.#signs) if (hits.has(call.number)) what(call);
  }
}

function waiting<T>(point: Point, what: T): Waiting<T> {
  return { point, seen: 0, hits: new Set(), what };
}

function counted(one: Waiting<unknown>, call: Numbered): boolean {
  const { operation, nth = 1, times = 1 } = one.point;
  if (operation !== undefined && operation !== call.name) return false;
  one.seen += 1;
  if (one.seen < nth || one.seen >= nth + times) return false;
  one.hits.add(call.number);
  return true;
}
