/** What is going to be called, how often, and what that costs roughly. Pure. */
import { callPrice, type Costed, GAP_MINUTES, LEVEL_USERS, levels, type Platform, ramp, RAMP_USERS, rates, roundedUp, type Scenario, type Stage } from '../../bench/index.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Live, Release } from '../../live.ts';
import { REPORTED } from './reported.ts';

export interface BenchRequest {
  name: string;
  target: string;
  targetConfig: unknown;
  scenario: Scenario;
  /** Numbers of users, one after the other. */
  users?: number[];
  /** Calls per second, one after the other, in the place of users. */
  rates?: number[];
  /** Of each part of the load. */
  seconds?: number;
  /** Calls one after the other. */
  calls?: number;
  /** Calls that a fresh worker answers each. */
  cold?: number;
  /** Calls in all, at most. */
  most?: number;
  /** MB, instead of the endpoint: the release with each of these sizes. */
  memory?: number[];
  /** How many times as fast as the clock the gaps are. */
  speed?: number;
  payload?: { bytes: Uint8Array; from: string };
  dryRun: boolean;
}

/** Plain data: printed by --dry-run. */
export interface Planned {
  function: string;
  target: Provider<unknown>['name'];
  url: string;
  release: number;
  scenario: Scenario;
  memory: number[];
  cold: number;
  warm: number;
  stages: Stage[];
  minutes: number[];
  speed: number;
  /** Calls, roughly, and at most. */
  calls: number;
  most: number;
  /** That it takes, roughly. */
  seconds: number;
  /** That it costs, roughly; null on this machine. */
  dollars: number | null;
}

export const WARM_UP = 3;
const DEFAULTS = { seconds: { levels: 5, ramp: 10, gaps: 0 }, warm: 50, cold: 5 };
/** A cloud is paid for. */
const MOST = { local: 50_000, aws: 2000, gcp: 2000 };
/** 61 minutes in ten seconds. */
const LOCAL_SPEED = 360;
/** Milliseconds of a call of which nothing is known, and of any. */
const USUAL_MS = 50;
const LEAST_MS = 0.1;

export function planBench(request: BenchRequest, live: Live, release: Release, provider: Provider<unknown>): Planned {
  const { scenario } = request;
  const { name: target } = provider;
  const gaps = scenario === 'gaps';
  const most = request.most ?? MOST[target];
  const cold = gaps || provider.cold === undefined ? 0 : (request.cold ?? DEFAULTS.cold);
  const warm = gaps ? 0 : (request.calls ?? DEFAULTS.warm);
  const stages = stagesOf(request);
  const minutes = gaps ? [...GAP_MINUTES] : [];
  const speed = gaps ? (request.speed ?? (target === 'local' ? LOCAL_SPEED : 1)) : 1;
  const memory = request.memory ?? [release.settings.memory];
  const ms = Math.max(LEAST_MS, release.verification.warmMs ?? USUAL_MS);
  const each = minutes.length + (gaps ? 0 : 1 + cold + WARM_UP + warm) + (target === 'local' ? 0 : REPORTED) + expected(stages, ms, target === 'local' ? release.settings.concurrency : Infinity);
  const calls = Math.min(most, each * memory.length);
  const seconds = memory.length * (((minutes.at(-1) ?? 0) * 60) / speed + ((cold + warm) * ms) / 1000 + stages.reduce((sum, stage) => sum + stage.seconds, 0));
  const [platform] = platformsOf(target);
  const dollars = target === 'local' || platform === undefined ? null : (calls / memory.length) * memory.reduce((sum, size) => sum + roughly(costed(platform, release, size, live), ms), 0);
  return { function: live.name, target, url: live.url, release: release.number, scenario, memory, cold, warm, stages, minutes, speed, calls, most, seconds, dollars };
}

function stagesOf({ scenario, users, rates: perSecond, seconds }: BenchRequest): Stage[] {
  const long = seconds ?? DEFAULTS.seconds[scenario];
  if (scenario === 'gaps') return [];
  if (perSecond !== undefined) return rates(perSecond, long);
  return scenario === 'ramp' ? ramp(users ?? RAMP_USERS, long) : levels(users ?? LEVEL_USERS, long);
}

/** Calls, if each takes so long, and no more than `atOnce` are answered side by side. */
function expected(stages: readonly Stage[], ms: number, atOnce: number): number {
  const callers = ({ from, users }: Stage) => Math.min(atOnce, ((from ?? 0) + (users ?? 0)) / 2);
  const calls = stages.map((stage) => stage.seconds * (stage.rate ?? (callers(stage) * 1000) / ms));
  return Math.ceil(calls.reduce((sum, each) => sum + each, 0));
}

function roughly(what: Costed, ms: number): number {
  return callPrice(what, roundedUp(what.platform, ms));
}

/** On whose prices the calls are put: on this machine they cost nothing, and would there. */
export function platformsOf(target: Planned['target']): Platform[] {
  if (target === 'local') return ['AWS Lambda', 'Cloud Run'];
  return [target === 'aws' ? 'AWS Lambda' : 'Cloud Run'];
}

export function costed(platform: Platform, { targetSettings }: Release, memoryMb: number, { url }: Live): Costed {
  const { architecture, cpu } = targetSettings;
  return {
    platform,
    memoryMb,
    architecture: architecture === 'arm64' ? 'arm64' : 'x86_64',
    cpu: typeof cpu === 'number' ? cpu : 1,
    httpApi: /\.execute-api\./.test(url),
  };
}
