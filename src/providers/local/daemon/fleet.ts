/** Every function of this machine: which release is live, its workers, and the switch from one to another. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { dataVariables } from '../../data.ts';
import { answersFolder } from '../answers-folder.ts';
import { modelVariables } from '../../models.ts';
import { writeJson } from '../files.ts';
import { functionFolder, type Layout } from '../layout.ts';
import { modelsFolder } from '../models.ts';
import { objectFolder } from '../objects.ts';
import { functionNames, readHost, readLive, readRelease, sweepFunction, sweepMarked, type LivePointer, type Stored } from '../records.ts';
import type { DaemonLog } from './daemon-log.ts';
import { Journal } from './journal.ts';
import { Pool } from './pool.ts';
import { ProblemError } from './problem.ts';

/** How long the calls at work on a removed function or of a stopped daemon are waited for. */
const DRAIN_MS = 10_000;

interface Entry {
  name: string;
  journal: Journal;
  live: Pool | null;
  /** Live and candidates, by release number. */
  pools: Map<number, Pool>;
  draining: Set<Pool>;
  /** Switches of one function happen one after another. */
  turn: Promise<unknown>;
}

export class Fleet {
  #entries = new Map<string, Entry>();
  /** Pools that were for one use. */
  #apart = 0;

  constructor(
    private readonly layout: Layout,
    private readonly log: DaemonLog,
  ) {}

  /** From the record on the disk: what was live is live again. Workers start when they are called for. */
  async restore(): Promise<void> {
    await sweepMarked(this.layout.functions);
    for (const name of await functionNames(this.layout)) {
      const live = await readLive(functionFolder(this.layout, name));
      await sweepFunction(this.layout, name, live?.number ?? null);
      if (live === null) continue;
      try {
        const entry = this.#entry(name);
        entry.live = await this.#pool(entry, live.number);
      } catch (error) {
        this.log.write('error', 'a live release could not be restored', { function: name, release: live.number, error });
      }
    }
  }

  /** The pool that gets the function's traffic. */
  live(name: string): Pool {
    const pool = this.#entries.get(name)?.live;
    if (pool) return pool;
    throw new ProblemError({
      status: 404,
      kind: 'no-such-function',
      title: 'There is no such function',
      detail: `No function ${JSON.stringify(name)} is live here; \`mlfn status\` lists those that are.`,
    });
  }

  /** Any release by number, a candidate for example. */
  release(name: string, number: number): Promise<Pool> {
    return this.#pool(this.#entry(name), number);
  }

  /** A pool beside those that there are, for one use: its workers are gone afterwards. */
  async apart(name: string, number: number, use: (pool: () => Promise<Pool>) => Promise<void>): Promise<void> {
    const entry = this.#entry(name);
    const made: Pool[] = [];
    try {
      await use(async () => {
        const { spec } = await this.#pool(entry, number);
        const pool = new Pool(this.layout, spec, entry.journal, `${++this.#apart}-`);
        entry.draining.add(pool);
        made.push(pool);
        return pool;
      });
    } finally {
      await Promise.all(made.map((pool) => pool.kill().finally(() => entry.draining.delete(pool))));
    }
  }

  /** The one atomic call: warms the release, writes the pointer, and sends the calls that come from now on to it. */
  async switchTo(name: string, number: number): Promise<{ initMs: number }> {
    const entry = this.#entry(name);
    const turn = entry.turn.then(() => this.#switch(entry, number));
    entry.turn = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the workers of a release that is not live. */
  async drop(name: string, number: number): Promise<void> {
    const entry = this.#entries.get(name);
    const pool = entry?.pools.get(number);
    if (entry === undefined || pool === undefined || pool === entry.live) return;
    entry.pools.delete(number);
    await pool.kill();
  }

  /** Calls at work are answered, then nothing of the function runs and nothing of it is live. */
  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    await rm(functionFolder(this.layout, name).liveFile, { force: true });
    if (entry === undefined) return;
    this.#entries.delete(name);
    await this.#end(entry);
    await entry.journal.flush();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#end(entry)));
    await this.flush();
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.journal.flush()));
  }

  /** Live releases with a worker: those that a successor must have ready before it takes the traffic. */
  warmOnes(): { name: string; number: number }[] {
    return [...this.#entries.values()].flatMap(({ name, live }) =>
      live?.isWarm ? [{ name, number: live.spec.release }] : [],
    );
  }

  describe(): unknown[] {
    return [...this.#entries.values()].map((entry) => ({
      name: entry.name,
      live: entry.live?.spec.release ?? null,
      releases: [...entry.pools].map(([number, pool]) => ({ number, waiting: pool.waiting, workers: pool.workers })),
    }));
  }

  #entry(name: string): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const journal = new Journal(functionFolder(this.layout, name).logs, (error) =>
      this.log.write('error', 'a log could not be written', { function: name, error }),
    );
    const entry: Entry = { name, journal, live: null, pools: new Map(), draining: new Set(), turn: Promise.resolve() };
    this.#entries.set(name, entry);
    return entry;
  }

  async #switch(entry: Entry, number: number): Promise<{ initMs: number }> {
    const next = await this.#pool(entry, number);
    const initMs = await next.warm();
    const pointer: LivePointer = { number, since: new Date().toISOString() };
    await writeJson(functionFolder(this.layout, entry.name).liveFile, pointer);
    const old = entry.live;
    entry.live = next;
    this.log.write('info', 'switched', { function: entry.name, from: old?.spec.release ?? null, to: number });
    if (old !== null && old !== next) {
      entry.pools.delete(old.spec.release);
      entry.draining.add(old);
      void old.drain().finally(() => entry.draining.delete(old));
    }
    return { initMs };
  }

  async #pool(entry: Entry, number: number): Promise<Pool> {
    const stored = await readRelease(functionFolder(this.layout, entry.name), number);
    const host = stored && (await readHost(stored));
    if (stored === null || host === null) throw missing(entry.name, number);
    const spec = this.#spec(stored, host);
    const known = entry.pools.get(number);
    if (known !== undefined && isDeepStrictEqual(known.spec, spec)) return known;
    // A candidate that was swept, and another one that got its number.
    if (known !== undefined && known !== entry.live) void known.kill();
    const pool = new Pool(this.layout, spec, entry.journal);
    entry.pools.set(number, pool);
    return pool;
  }

  #spec({ record }: Stored, host: NonNullable<Awaited<ReturnType<typeof readHost>>>): Pool['spec'] {
    return {
      function: record.function,
      release: record.number,
      python: record.lock.python,
      settings: record.settings,
      told: {
        ...modelVariables(`${pathToFileURL(modelsFolder(this.layout, record.function, record.number)).href}/`, record, record.number),
        ...dataVariables(record.settings),
      },
      writes: answersFolder(record.settings),
      host,
      functionPart: path.resolve(objectFolder(this.layout, record.artifacts.function)),
      dependencyPart: path.resolve(objectFolder(this.layout, record.artifacts.dependencies)),
    };
  }

  async #end(entry: Entry): Promise<void> {
    const pools = [...entry.pools.values(), ...entry.draining];
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
    await Promise.race([Promise.all(pools.map((pool) => pool.drain())), late]);
    clearTimeout(timer);
    await Promise.all(pools.map((pool) => pool.kill()));
  }
}

function missing(name: string, number: number): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'no-such-release',
    title: 'There is no such release',
    detail: `${name} has no release ${number} on this machine.`,
  });
}
