/** Every call passes here: it is recorded, and failed, cut or held when a test asked for that. */
import { type Code, Status } from '../status.ts';

export interface Call {
  /** From 1, in the order of arrival. */
  number: number;
  /** `run:UpdateService`, `iam:serviceAccounts.create`, `storage:objects.insert`, `metadata:token`, `url:POST`. */
  name: string;
  /** Whom the token belongs to: `serviceAccount:...`; empty without a token. */
  caller: string;
  /** Full name of what it is about. */
  resource: string;
  /** The message, or the JSON body. */
  request: unknown;
  /** Of the message or body, as sent. */
  bytes: number;
  /** Null until it was answered; for ever when the connection was cut. */
  code: Code | 'OK' | null;
  message?: string;
}

/** Which call: the nth (1 when not said) with this name (any when not said), counted from when it was asked for. */
export interface Point {
  operation?: string;
  nth?: number;
  /** Also the calls that follow the nth: this many in all. 1 when not said. */
  times?: number;
}

export type Fault =
  /** The cloud never sees the call; 'error-after': it did it, and says that it failed. */
  | { kind?: 'error' | 'error-after'; code: Code; message?: string }
  /** The connection is reset; 'cut-after': once the cloud did it. */
  | { kind: 'cut-before' | 'cut-after' };

/** A call that is held. It goes on when it is released. */
export interface Hold {
  reached: Promise<Call>;
  release(): void;
}

/** Thrown to the transport: reset the connection. */
export class Cut extends Error {}

interface Waiting<T> {
  point: Point;
  seen: number;
  what: T;
}

interface Pause {
  at: 'request' | 'answer';
  arrive(call: Call): void;
  released: Promise<void>;
}

export class Gate {
  readonly calls: Call[] = [];
  readonly #faults: Waiting<Fault>[] = [];
  readonly #pauses: Waiting<Pause>[] = [];
  #count = 0;

  fault(point: Point, fault: Fault): void {
    this.#faults.push({ point, seen: 0, what: fault });
  }

  hold(point: Point, at: Pause['at']): Hold {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<Call>((arrive) => this.#pauses.push({ point, seen: 0, what: { at, arrive, released } }));
    return { reached, release };
  }

  /** Forgets the faults and holds that were asked for. */
  calm(): void {
    this.#faults.length = 0;
    this.#pauses.length = 0;
  }

  open(call: Omit<Call, 'number' | 'code'>): Call {
    this.#count += 1;
    const opened: Call = { ...call, number: this.#count, code: null };
    this.calls.push(opened);
    return opened;
  }

  /** Does the call as the script says. Throws Status, or Cut. */
  async pass<T>(call: Call, act: () => Promise<T>): Promise<T> {
    const faults = this.#faults.map((one) => (counted(one, call) ? one.what : null));
    const fault = faults.find((one) => one !== null);
    const pauses = this.#pauses.filter((one) => counted(one, call)).map((one) => one.what);
    try {
      await held(pauses, 'request', call);
      if (fault && (fault.kind ?? 'error') === 'error') throw failure(fault);
      if (fault?.kind === 'cut-before') throw new Cut();
      const answer = await act();
      if (fault?.kind === 'cut-after') throw new Cut();
      if (fault) throw failure(fault);
      call.code = 'OK';
      return answer;
    } catch (error) {
      if (error instanceof Status) Object.assign(call, { code: error.code, message: error.message });
      throw error;
    } finally {
      await held(pauses, 'answer', call);
    }
  }
}

async function held(pauses: Pause[], at: Pause['at'], call: Call): Promise<void> {
  for (const pause of pauses) {
    if (pause.at !== at) continue;
    pause.arrive(call);
    await pause.released;
  }
}

function failure(fault: Fault): Status {
  if (!('code' in fault)) return new Status('UNAVAILABLE', 'cut');
  return new Status(fault.code, fault.message ?? `The fake was asked to answer ${fault.code}.`);
}

function counted(one: Waiting<unknown>, call: Call): boolean {
  const { operation, nth = 1, times = 1 } = one.point;
  if (operation !== undefined && operation !== call.name) return false;
  one.seen += 1;
  return one.seen >= nth && one.seen < nth + times;
}
