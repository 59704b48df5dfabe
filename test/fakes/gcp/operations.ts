/** google.longrunning.Operations: work that takes time, is asked after, and may fail. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Room } from './transport/grpc.ts';
import { badRequest, type Detail, Status } from './status.ts';

export interface Operation {
  name: string;
  metadata?: Detail;
  done?: boolean;
  error?: object;
  response?: Detail;
}

export interface Work {
  /** `projects/P/locations/L` */
  parent: string;
  /** What is being changed: while it is, `busy` says so. */
  target: string;
  metadata: () => Detail;
  run(): Promise<Detail>;
}

export class Operations {
  readonly #operations = new Map<string, { operation: Operation; work: Work }>();
  readonly #running = new Set<Promise<unknown>>();
  #stopped = new AbortController();
  /** How long an operation takes at least, in milliseconds. */
  duration: number;
  /** Targets (their last part) whose operations do not begin, and so never end, as long as they are in it. */
  readonly endless = new Set<string>();

  constructor(duration: number) {
    this.duration = duration;
  }

  start(work: Work): Operation {
    const name = `${work.parent}/operations/${randomUUID()}`;
    const entry = { operation: { name, done: false } as Operation, work };
    this.#operations.set(name, entry);
    const running = this.#finish(entry).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return this.#seen(entry);
  }

  busy(target: string): boolean {
    return [...this.#operations.values()].some(({ operation, work }) => work.target === target && !operation.done);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#running);
  }

  get(name: string): Operation {
    return this.#seen(this.#find(name));
  }

  /**
   * google.longrunning.Operations of Cloud Functions over gRPC: it is that of v1, which knows `operations/ID` only and refuses
   * the names that v2 gives, so that a client waits in vain. Sources: github.com/googleapis/google-cloud-node/issues/4488,
   * github.com/googleapis/google-cloud-go/issues/7154, github.com/getsentry/sentry/pull/36947
   */
  refusing(): Room['methods'] {
    return {
      GetOperation: () => {
        throw new Status('INVALID_ARGUMENT', 'Invalid resource field value in the request.', [badRequest(['name', 'Invalid format of the operation name.'])]);
      },
    };
  }

  methods(): Room['methods'] {
    return {
      GetOperation: ({ name }: { name: string }) => this.get(name),
      WaitOperation: async ({ name }: { name: string }) => {
        const entry = this.#find(name);
        for (let turn = 0; turn < 100 && !entry.operation.done; turn += 1) await wait(20);
        return this.#seen(entry);
      },
      ListOperations: ({ name = '' }: { name?: string }) => ({
        operations: [...this.#operations.values()].filter(({ work }) => work.parent === name).map((entry) => this.#seen(entry)),
      }),
      DeleteOperation: ({ name }: { name: string }) => (this.#find(name), this.#operations.delete(name), {}),
    };
  }

  #find(name: string): { operation: Operation; work: Work } {
    const entry = this.#operations.get(name);
    if (!entry) throw new Status('NOT_FOUND', `Operation ${name} not found.`);
    return entry;
  }

  #seen({ operation, work }: { operation: Operation; work: Work }): Operation {
    return { ...operation, metadata: operation.metadata ?? work.metadata() };
  }

  async #finish({ operation, work }: { operation: Operation; work: Work }): Promise<void> {
    const least = wait(this.duration, undefined, { signal: this.#stopped.signal }).catch(() => {});
    try {
      while (this.endless.has(work.target.slice(work.target.lastIndexOf('/') + 1))) {
        await wait(20);
        if (this.#stopped.signal.aborted) return;
      }
      const [response] = await Promise.all([work.run(), least]);
      operation.response = response;
    } catch (error) {
      await least;
      operation.error = error instanceof Status ? error.wire : new Status('INTERNAL', `The fake failed: ${String((error as Error).stack)}`).wire;
    }
    operation.metadata = work.metadata();
    operation.done = true;
  }
}
