/** One worker: a Python process that answers one call at a time, watched for time and memory. */
import type { LogLine } from '../../../live.ts';
import { removeTree } from '../files.ts';
import type { Layout } from '../layout.ts';
import type { Journal } from './journal.ts';
import { peakBytes, residentBytes, SAMPLE_MS } from './memory.ts';
import { RuntimeApi, type Delivery, type FunctionFault } from './runtime-api.ts';
import { killTree, readLines, startProcess, type Started, type WorkerSpec } from './worker-process.ts';

const IDLE_SAMPLE_MS = 1000;
const MB = 1024 * 1024;

export type FailureKind = 'init-error' | 'init-timeout' | 'timeout' | 'memory' | 'crash' | 'fault' | 'too-large' | 'stopped';

/** Why a call has no answer. The worker is gone, except after `fault` and `too-large`. */
export class WorkerFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
  ) {
    super(message);
    this.name = 'WorkerFailure';
  }
}

export interface StartRequest {
  layout: Layout;
  spec: WorkerSpec;
  journal: Journal;
  id: string;
  limitMs: number;
  signal: AbortSignal;
  /** Called each time it waits for a call: after its start, and after each answer. */
  onIdle(worker: Worker): void;
}

interface Pending {
  call: Delivery;
  begun: number;
  resolve(payload: Buffer): void;
  reject(failure: WorkerFailure): void;
}

type State = 'starting' | 'idle' | 'busy' | 'ended';

export class Worker {
  state: State = 'starting';
  readonly spawnedAt = performance.now();
  /** From the start of the process to its first request for a call; null until then. */
  initMs: number | null = null;
  /** On performance.now()'s clock; 0 until then. */
  readyAt = 0;
  calls = 0;
  /** Resolves when the process is gone and its folder too. */
  readonly ended: Promise<void>;

  #process: Started | null = null;
  #pending: Pending | null = null;
  #watch: NodeJS.Timeout | null = null;
  /** Runs from the delivery of a call until the worker asks for the next. */
  #limitTimer: NodeJS.Timeout | undefined;
  #peak = 0;
  #ready!: { resolve(): void; reject(failure: WorkerFailure): void };
  #finish!: () => void;

  private constructor(
    private readonly spec: WorkerSpec,
    private readonly journal: Journal,
    private readonly id: string,
    private readonly onIdle: (worker: Worker) => void,
  ) {
    this.ended = new Promise((resolve) => (this.#finish = resolve));
  }

  /** Rejects with a WorkerFailure when the worker does not come to ask for its first call within `limitMs`. */
  static async start({ layout, spec, journal, id, limitMs, signal, onIdle }: StartRequest): Promise<Worker> {
    const worker = new Worker(spec, journal, id, onIdle);
    const ready = new Promise<void>((resolve, reject) => (worker.#ready = { resolve, reject }));
    ready.catch(() => undefined);
    const api = await RuntimeApi.open({
      onNext: () => worker.#onNext(),
      onResponse: (requestId, payload) => worker.#onResponse(requestId, payload),
      onFault: (requestId, fault) => worker.#onFault(requestId, fault),
      onInitFault: (fault) => worker.#fail('init-error', `It could not be loaded: ${describe(fault)}.`),
    });
    worker.#api = api;
    try {
      worker.#process = await startProcess(layout, spec, api.address);
    } catch (error) {
      api.close();
      worker.state = 'ended';
      worker.#finish();
      throw new WorkerFailure('init-error', interpreterMessage(spec, error));
    }
    worker.#attach(worker.#process);
    const limit = setTimeout(() => {
      worker.#fail('init-timeout', `It was not loaded within ${limitMs / 1000} s.`);
    }, limitMs);
    const abort = (): void => worker.#fail('stopped', 'It was stopped.');
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await ready;
      return worker;
    } finally {
      clearTimeout(limit);
      signal.removeEventListener('abort', abort);
    }
  }

  #api!: RuntimeApi;

  /** It has answered and will ask for the next call in a moment. */
  get isReturning(): boolean {
    return this.state === 'busy' && this.#pending === null;
  }

  /** Gives the call to the idle worker. Rejects with a WorkerFailure. */
  invoke(call: Delivery, timeoutMs: number): Promise<Buffer> {
    this.state = 'busy';
    this.calls += 1;
    this.#limitTimer = setTimeout(() => {
      this.#fail('timeout', `It did not answer within ${this.spec.settings.timeout} s.`);
    }, timeoutMs);
    return new Promise((resolve, reject) => {
      this.#pending = { call, begun: performance.now(), resolve, reject };
      this.#watchMemory(SAMPLE_MS);
      this.#api.deliver(call);
    });
  }

  /** Ends it now; a call at work fails with `stopped`. */
  stop(): Promise<void> {
    if (this.state !== 'ended') this.#fail('stopped', 'It was stopped.');
    return this.ended;
  }

  #attach({ child }: Started): void {
    readLines(child.stdout!, (text) => this.#log('stdout', text));
    readLines(child.stderr!, (text) => this.#log('stderr', text));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      this.#fail(this.initMs === null ? 'init-error' : 'crash', `Its process ended by itself (${how}).`);
      void this.#tidy();
    });
    this.#watchMemory(SAMPLE_MS);
  }

  #onNext(): void {
    if (this.state === 'starting') {
      this.readyAt = performance.now();
      this.initMs = this.readyAt - this.spawnedAt;
      this.#log('platform', `INIT_REPORT Init Duration: ${this.initMs.toFixed(2)} ms`);
      this.#ready.resolve();
    } else if (this.state !== 'busy' || this.#pending !== null) return;
    clearTimeout(this.#limitTimer);
    this.state = 'idle';
    this.onIdle(this);
  }

  #onResponse(requestId: string, payload: Buffer | 'too-large'): void {
    const peak = peakBytes(this.#process!.pid) ?? 0;
    this.#peak = Math.max(this.#peak, peak);
    // Above the limit for less time than lies between two looks is above the limit, too.
    if (this.#peak > this.#limit) return this.#fail('memory', this.#memoryMessage());
    const pending = this.#settle(requestId);
    if (payload !== 'too-large') pending?.resolve(payload);
    else pending?.reject(new WorkerFailure('too-large', 'Its answer is larger than 6 MB.'));
  }

  #onFault(requestId: string, fault: FunctionFault): void {
    this.#settle(requestId)?.reject(new WorkerFailure('fault', `It raised ${describe(fault)}.`));
  }

  #settle(requestId: string): Pending | null {
    const pending = this.#pending;
    if (pending === null || pending.call.requestId !== requestId) return null;
    this.#report(pending);
    this.#pending = null;
    return pending;
  }

  /** The one way in which a worker ends, whoever wants it. */
  #fail(kind: FailureKind, message: string): void {
    if (this.state === 'ended') return;
    const failure = new WorkerFailure(kind, message);
    this.state = 'ended';
    if (kind !== 'stopped') this.#log('platform', `${kind}: ${message}`);
    if (this.#watch !== null) clearTimeout(this.#watch);
    clearTimeout(this.#limitTimer);
    this.#ready.reject(failure);
    this.#api.close();
    const pending = this.#pending === null ? null : this.#settle(this.#pending.call.requestId);
    // The next call must not meet this process's memory or files: the failure is told when it is gone.
    void killTree(this.#process!.pid).catch(() => undefined);
    if (pending !== null) void this.ended.then(() => pending.reject(failure));
  }

  async #tidy(): Promise<void> {
    const { pid, folder } = this.#process!;
    // What it had started may still be there when it ended by itself.
    await killTree(pid).catch(() => undefined);
    await removeTree(folder).catch(() => undefined);
    this.#finish();
  }

  get #limit(): number {
    return this.spec.settings.memory * MB;
  }

  #memoryMessage(): string {
    return `It used ${Math.ceil(this.#peak / MB)} MB, and ${this.spec.settings.memory} MB is its limit.`;
  }

  #watchMemory(delay: number): void {
    if (this.#watch !== null) clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      void this.#sample().catch(() => undefined);
    }, delay);
  }

  async #sample(): Promise<void> {
    if (this.state === 'ended') return;
    const used = await residentBytes(this.#process!.pid);
    this.#peak = Math.max(this.#peak, used);
    if (used > this.#limit) this.#fail('memory', this.#memoryMessage());
    else this.#watchMemory(this.state === 'idle' ? IDLE_SAMPLE_MS : SAMPLE_MS);
  }

  #report(pending: Pending): void {
    const parts = [
      `REPORT RequestId: ${pending.call.requestId}`,
      `Duration: ${(performance.now() - pending.begun).toFixed(2)} ms`,
      `Memory Size: ${this.spec.settings.memory} MB`,
      `Max Memory Used: ${Math.ceil(this.#peak / MB)} MB`,
    ];
    if (this.calls === 1) parts.push(`Init Duration: ${(this.initMs ?? 0).toFixed(2)} ms`);
    this.#log('platform', parts.join('\t'));
  }

  #log(stream: LogLine['stream'], text: string): Promise<void> | null {
    return this.journal.write({
      time: new Date().toISOString(),
      release: this.spec.release,
      worker: this.id,
      requestId: this.#pending?.call.requestId ?? null,
      stream,
      // awslambdaric writes a traceback as one line, with carriage returns and no-break spaces.
      text: text.startsWith('[ERROR]') ? text.replaceAll('\r', '\n').replaceAll('\u00a0', ' ') : text,
    });
  }
}

/** Without the full stop that a sentence of the serving code ends in. */
function describe(fault: FunctionFault): string {
  return fault.errorMessage === '' ? fault.errorType : `${fault.errorType}: ${fault.errorMessage.replace(/\.$/, '')}`;
}

function interpreterMessage(spec: WorkerSpec, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT') return `Its process could not be started: ${(error as Error).message}.`;
  // Node says ENOENT for a working folder that is missing, too.
  return `Python ${spec.python} (${spec.host.interpreter}) or the release's folder is not there any more: deploy again, or ask \`mlfn doctor\`.`;
}
