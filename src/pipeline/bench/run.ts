/** One endpoint, or its release in several sizes, asked as a plan says. Ctrl-C ends it with what there is. */
import { atMinutes, byRate, byUsers, costOf, type Driven, inTurn, type Measured, methodOf, predictionsIn, type Series, split, type Timed, timedOf } from '../../bench/index.ts';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { observeKnown, openTarget, type Target } from '../../providers/index.ts';
import type { Answer, Live, Release } from '../../live.ts';
import { type Asked, askedOf, assertAnswers } from './ask.ts';
import { type BenchRequest, costed, planBench, type Planned, platformsOf, WARM_UP } from './plan.ts';
import { reportedDurations } from './reported.ts';
import { assertSizes, withSize } from './size.ts';

/** Milliseconds between two looks at how far it is. */
const TOLD_MS = 100;

interface Benched {
  planned: Planned;
  /** Null of a --dry-run. */
  measured: Measured | null;
}

/** What is known so far. */
interface Run {
  ctx: Context;
  target: Target;
  live: Live;
  release: Release;
  asked: Asked;
  planned: Planned;
  open: boolean;
  /** `made` and `left` are calls. */
  found: Pick<Measured, 'series' | 'costs' | 'limited'> & { predictions: number; made: number; left: number };
}

/** What is asked: the endpoint where `number` is null. */
interface Subject {
  number: number | null;
  memory: number;
}

/** @param agree is asked before anything is called; whoever does not agree throws */
export async function bench(ctx: Context, request: BenchRequest, agree?: (planned: Planned) => Promise<void>): Promise<Benched> {
  const target = await openTarget(request.target, request.targetConfig);
  const live = await observeKnown(ctx, target, request.name);
  const release = live.releases.find(({ number }) => number === live.live);
  if (release === undefined) {
    throw new MlfnError('BENCH_NO_LIVE', `No release of ${live.name} is live on ${target.provider.name}.`, {
      hint: `Give one the traffic: mlfn rollback ${live.name} --to N.`,
    });
  }
  if (request.memory !== undefined) assertSizes(target, { name: live.name, ...release }, request.memory);
  const asked = askedOf(request, release);
  const planned = planBench(request, live, release, target.provider);
  if (request.dryRun) return { planned, measured: null };
  await agree?.(planned);
  const begunAt = new Date().toISOString();
  const run: Run = {
    ctx,
    target,
    live,
    release,
    asked,
    planned,
    open: request.rates !== undefined,
    found: { series: [], costs: [], limited: false, predictions: 1, made: 0, left: planned.most },
  };
  try {
    if (request.memory === undefined) await ask(run, { number: null, memory: release.settings.memory });
    else await askSizes(run, request.memory);
  } catch (error) {
    if (!ctx.signal.aborted || run.found.series.length === 0) throw error;
  }
  return { planned, measured: measuredOf(run, begunAt, request.memory !== undefined) };
}

/** Each may make an even share of the calls that are left. */
async function askSizes(run: Run, sizes: readonly number[]): Promise<void> {
  const { ctx, target, live, release, planned, found } = run;
  let left = planned.most;
  for (const [at, memory] of sizes.entries()) {
    const share = Math.floor(left / (sizes.length - at));
    found.limited ||= share === 0;
    if (share === 0) continue;
    found.left = share;
    await withSize(ctx, target, live, release, memory, (number) => ask(run, { number, memory }));
    left -= share - found.left;
  }
}

function measuredOf({ ctx, live, release, asked, planned, open, target, found }: Run, begunAt: string, sizes: boolean): Measured {
  const { scenario, speed } = planned;
  const { name } = target.provider;
  const forcesCold = target.provider.cold !== undefined;
  const how = { target: name, scenario, warmUp: WARM_UP, forcesCold, open, speed, idle: release.settings.idle, sizes, canary: !sizes && live.canary !== undefined };
  const { series, costs, limited, predictions } = found;
  return {
    function: live.name,
    target: name,
    url: live.url,
    release: release.number,
    memory: release.settings.memory,
    scenario,
    begunAt,
    speed,
    payload: { bytes: asked.call.body?.length ?? 0, from: asked.from, predictions },
    method: methodOf(how),
    interrupted: ctx.signal.aborted,
    limited,
    series,
    costs,
  };
}

async function ask(run: Run, subject: Subject): Promise<void> {
  if (run.planned.scenario === 'gaps') return askAtGaps(run, subject);
  const { ctx, target, live, planned, asked } = run;
  const { provider, config } = target;
  const first = await firstCall(run, subject);
  await coldSeries(run, subject, first);
  const line = await provider.line(ctx, config, live.name, subject.number);
  try {
    const call = () => line.call(asked.call);
    const calling = (label: string) => callingOf(run, label, call);
    spend(run, await inTurn(WARM_UP, calling('warming up')));
    const warm = spend(run, await inTurn(planned.warm, calling('one after the other')));
    add(run, { label: 'warm', phase: 'warm', memory: subject.memory, users: 1, rate: null, seconds: warm.endMs / 1000, arrived: null, calls: warm.calls });
    await addCosts(run, subject, warm.calls);
    const drive = run.open ? byRate : byUsers;
    const load = spend(run, await drive(planned.stages, calling('under load')));
    for (const series of split(planned.stages, load.calls, subject.memory, load.endMs)) add(run, series);
    ctx.signal.throwIfAborted();
  } finally {
    line.close();
  }
}

/** Also tells how many predictions an answer holds. @throws BENCH_REFUSED, BENCH_FAILED, and why there is no answer */
async function firstCall({ ctx, target, live, asked, found }: Run, { number }: Subject): Promise<Timed> {
  ctx.emit({ type: 'progress', text: 'the first call' });
  const answer = await target.provider.invoke(ctx, target.config, live.name, number, asked.call);
  count(found, 1);
  assertAnswers(live.name, asked, answer);
  found.predictions = predictionsIn(answer.body);
  return timedOf(answer);
}

/** Forced where that can be; else the first call, should it have met one. */
async function coldSeries(run: Run, { number, memory }: Subject, first: Timed): Promise<void> {
  const { ctx, target, live, release, planned, asked } = run;
  const { provider, config } = target;
  const common = { label: 'cold', phase: 'cold', memory, users: 1, rate: null, seconds: null, arrived: null } as const;
  if (provider.cold === undefined) {
    if (first.coldMs !== null) add(run, { ...common, calls: [first] });
    return;
  }
  if (planned.cold === 0) return;
  const call = () => provider.cold!(ctx, config, live.name, number ?? release.number, asked.call);
  const { calls } = spend(run, await inTurn(planned.cold, callingOf(run, 'fresh workers', call)));
  add(run, { ...common, calls });
  ctx.signal.throwIfAborted();
}

async function askAtGaps(run: Run, { number, memory }: Subject): Promise<void> {
  const { ctx, target, live, release, planned, asked } = run;
  const { provider, config } = target;
  const line = await provider.line(ctx, config, live.name, number);
  const { cold } = provider;
  const forces = cold !== undefined && planned.speed !== 1;
  const answers: Answer[] = [];
  const call = async (idleMinutes: number | null) => {
    const ended = idleMinutes === null || idleMinutes * 60 > release.settings.idle;
    const answer = await (forces && ended ? cold(ctx, config, live.name, number ?? release.number, asked.call) : line.call(asked.call));
    answers.push(answer);
    return answer;
  };
  try {
    const calling = callingOf(run, 'waiting for the next minute', () => line.call(asked.call));
    const told = (done: number) => {
      // What is refused at minute 0 is not worth an hour.
      if (done === 1 && answers[0] !== undefined) assertAnswers(live.name, asked, answers[0]);
      calling.told(done);
    };
    const { calls } = spend(run, await atMinutes(planned.minutes, planned.speed, { ...calling, call, told }));
    run.found.predictions = Math.max(1, ...answers.map(({ body }) => predictionsIn(body)));
    add(run, { label: 'gaps', phase: 'gaps', memory, users: 1, rate: null, seconds: null, arrived: null, calls });
    await addCosts(run, { number, memory }, calls);
    ctx.signal.throwIfAborted();
  } finally {
    line.close();
  }
}

async function addCosts(run: Run, { number, memory }: Subject, calls: readonly Timed[]): Promise<void> {
  const { ctx, target, live, release, asked, found } = run;
  const { name } = target.provider;
  let known = calls;
  if (!calls.some(({ billedMs, handlerMs }) => billedMs !== null || handlerMs !== null) && !ctx.signal.aborted) {
    const reported = await reportedDurations(ctx, target, { name: live.name, release: number ?? release.number, call: asked.call }, found.left);
    count(found, reported.length);
    if (reported.some(({ coldMs }) => coldMs === null)) known = reported;
  }
  const assumed = name === 'local' ? ['a call takes as long there as on this machine'] : [];
  for (const platform of platformsOf(name)) {
    const cost = costOf(costed(platform, release, memory, live), known, found.predictions, assumed);
    if (cost !== null) found.costs.push(cost);
  }
}

function callingOf({ ctx, found }: Run, text: string, call: () => Promise<Answer>) {
  let last = 0;
  const told = (done: number) => {
    if (performance.now() - last < TOLD_MS) return;
    last = performance.now();
    ctx.emit({ type: 'progress', text: `${text}, calls so far`, done: found.made + done });
  };
  return { call, signal: ctx.signal, most: found.left, told };
}

function spend({ found }: Run, driven: Driven): Driven {
  count(found, driven.calls.length);
  found.limited ||= driven.limited;
  return driven;
}

function count(found: Run['found'], calls: number): void {
  found.made += calls;
  found.left -= calls;
}

function add({ found }: Run, series: Series): void {
  if (series.calls.length > 0) found.series.push(series);
}
