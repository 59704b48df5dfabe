/** The workers of one release, and the calls that wait for them. */
import type { Layout } from '../layout.ts';
import type { Journal } from './journal.ts';
import { ProblemError } from './problem.ts';
import type { Delivery } from './runtime-api.ts';
import type { WorkerSpec } from './worker-process.ts';
import { Worker, WorkerFailure } from './worker.ts';

/** Lambda gives a start 10 s, then starts it again inside the call and counts that as the call's own time. */
const INIT_LIMIT_MS = 10_000;
/** Calls that wait at most; more are refused, as Lambda refuses what is over its concurrency. */
const QUEUE_LIMIT = 1000;

export interface Served {
  payload: Buffer;
  handlerMs: number;
  /** Start of the worker, when the call had to wait for it. */
  initMs: number | null;
}

interface Waiting {
  prepare(deadline: number): Delivery;
  queuedAt: number;
  resolve(served: Served): void;
  reject(error: unknown): void;
}

interface Member {
  worker: Worker;
  /** How much of its first call's time a late start has already used. */
  spentMs: number;
  idleTimer: NodeJS.Timeout | null;
}

export class Pool {
  /** Ready ones. */
  #members = new Map<Worker, Member>();
  #starting = 0;
  #queue: Waiting[] = [];
  #closing = false;
  #count = 0;
  #drained: (() => void)[] = [];
  #stopping = new AbortController();

  constructor(
    private readonly layout: Layout,
    readonly spec: WorkerSpec,
    private readonly journal: Journal,
    /** Tells workers of several pools of one release apart in the log. */
    private readonly mark = '',
  ) {}

  get workers(): { id: number; state: string; calls: number }[] {
    return [...this.#members.keys()].map((worker, id) => ({ id, state: worker.state, calls: worker.calls }));
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get isWarm(): boolean {
    return this.#members.size > 0;
  }

  /** One call, in order of arrival. `prepare` makes its event when a worker is there and its deadline known. */
  call(prepare: (deadline: number) => Delivery, signal: AbortSignal): Promise<Served> {
    if (this.#queue.length >= QUEUE_LIMIT) throw tooMany(this.spec.function);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { prepare, queuedAt: performance.now(), resolve, reject };
      this.#queue.push(waiting);
      signal.addEventListener('abort', () => this.#drop(waiting), { once: true });
      this.#next();
    });
  }

  /** Resolves when there is at least one worker that is ready, with the time its start took; 0 when one was there. */
  async warm(): Promise<number> {
    if (this.#members.size > 0) return 0;
    return (await this.#start()).initMs ?? 0;
  }

  /** Takes no more workers on than the calls that are here need, and ends when they are answered. */
  async drain(): Promise<void> {
    this.#closing = true;
    this.#next();
    for (const worker of this.#members.keys()) if (worker.state === 'idle') void worker.stop();
    if (!this.#isEmpty) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Ends everything now; calls fail with `stopped`. */
  async kill(): Promise<void> {
    this.#closing = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(new WorkerFailure('stopped', 'It was stopped.'));
    this.#stopping.abort();
    await Promise.all([...this.#members.keys()].map((worker) => worker.stop()));
    if (!this.#isEmpty) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  get #isEmpty(): boolean {
    return this.#members.size === 0 && this.#starting === 0 && this.#queue.length === 0;
  }

  #drop(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    waiting.reject(new Error('the client has gone'));
    this.#checkDrained();
  }

  #next(): void {
    for (const member of this.#members.values()) {
      if (this.#queue.length === 0) break;
      if (member.worker.state === 'idle') void this.#serve(member, this.#queue.shift()!);
    }
    const free = this.spec.settings.concurrency - this.#members.size - this.#starting;
    // A client that calls one after another must not make a second worker start by being quicker than the first's return.
    const returning = [...this.#members.keys()].filter((worker) => worker.isReturning).length;
    const needed = Math.min(free, this.#queue.length - this.#starting - returning);
    for (let count = 0; count < needed; count++) void this.#start().catch(() => undefined);
    this.#checkDrained();
  }

  async #serve(member: Member, waiting: Waiting): Promise<void> {
    if (member.idleTimer !== null) clearTimeout(member.idleTimer);
    const { worker } = member;
    const cold = worker.calls === 0 && worker.readyAt > waiting.queuedAt;
    const limit = Math.max(1, this.spec.settings.timeout * 1000 - member.spentMs);
    member.spentMs = 0;
    const begun = performance.now();
    try {
      const payload = await worker.invoke(waiting.prepare(Date.now() + limit), limit);
      waiting.resolve({ payload, handlerMs: performance.now() - begun, initMs: cold ? worker.initMs : null });
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** A worker that is not yet a member is taken up by whoever started it. */
  #onIdle(worker: Worker): void {
    const member = this.#members.get(worker);
    if (member === undefined) return;
    if (this.#closing && this.#queue.length === 0) return void worker.stop();
    member.idleTimer = setTimeout(() => void worker.stop(), this.spec.settings.idle * 1000);
    this.#next();
  }

  async #start(): Promise<Worker> {
    this.#starting += 1;
    try {
      const member = await this.#startTwice();
      const { worker } = member;
      this.#starting -= 1;
      this.#members.set(worker, member);
      void worker.ended.then(() => this.#leave(member));
      this.#onIdle(worker);
      return worker;
    } catch (error) {
      this.#starting -= 1;
      // Nobody is left who could answer: the calls fail now, and the next one tries again.
      if (this.#members.size === 0 && this.#starting === 0) {
        for (const waiting of this.#queue.splice(0)) waiting.reject(error);
      }
      this.#checkDrained();
      throw error;
    }
  }

  async #startTwice(): Promise<Member> {
    const begin = (limitMs: number) => {
      const id = `${this.spec.release}-${this.mark}${++this.#count}`;
      const { layout, spec, journal } = this;
      const signal = this.#stopping.signal;
      return Worker.start({ layout, spec, journal, id, limitMs, signal, onIdle: (worker) => this.#onIdle(worker) });
    };
    try {
      return { worker: await begin(INIT_LIMIT_MS), spentMs: 0, idleTimer: null };
    } catch (error) {
      if (!(error instanceof WorkerFailure) || error.kind !== 'init-timeout') throw error;
      const worker = await begin(this.spec.settings.timeout * 1000);
      return { worker, spentMs: worker.initMs ?? 0, idleTimer: null };
    }
  }

  #leave(member: Member): void {
    if (member.idleTimer !== null) clearTimeout(member.idleTimer);
    this.#members.delete(member.worker);
    this.#next();
  }

  #checkDrained(): void {
    if (this.#closing && this.#isEmpty) for (const resolve of this.#drained.splice(0)) resolve();
  }
}

function tooMany(name: string): ProblemError {
  return new ProblemError({
    status: 429,
    kind: 'too-many-calls',
    title: 'Too many calls wait',
    detail: `${QUEUE_LIMIT} calls of ${name} wait already.`,
    headers: { 'retry-after': '1' },
  });
}
