/**
 * A release goes live only after its answers were compared with the model's own. The model is asked in a child process
 * with the locked dependencies (baseline.ts), the candidate through its target; the two share no code.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../events.ts';
import { withScratch } from '../python-child.ts';
import type { ModelCard, Port } from '../card.ts';
import type { Answer, Call, Release, Sample, Verification } from '../live.ts';
import type { Artifact, Bundle, Engine, Lock } from '../types.ts';
import { type Baseline, type Job, runBaseline } from './baseline.ts';
import { bodyOf, callOf, Timings } from './calls.ts';
import { type By, compare } from './compare.ts';
import { different, refusal, unhealthy, unstable } from './failures.ts';
import { isObject, type Request, requestsOf } from './requests.ts';
import { copyCode, rootsOf } from './scratch.ts';

export { bodyOf, callOf } from './calls.ts';

const LOAD_SECONDS = 120;
const HEALTH: Call = { method: 'GET', path: '/healthz', headers: {}, body: null };

export interface Candidate {
  card: ModelCard;
  lock: Lock;
  bundle: Bundle;
  /** What evaluates it, of which depends how near its numbers must be. Native where absent. */
  form?: { engine: Engine };
  /** A body as a client would post it; for a WSGI app `{method, path, headers, body}`. Null: only its health is asked. */
  sample: unknown;
  /** Where the model itself is asked when the package's own wheels do not run on this machine. */
  host?: { interpreter: string; dependencies: string };
  /** Variables that the code sees in the release. */
  env?: Record<string, string>;
  /** Seconds that the model itself may take, loading included; 120 when absent. */
  timeout?: number;
  /** Asks the release that is not yet live. */
  call: (call: Call) => Promise<Answer>;
}

/**
 * Throws MlfnError: of kind verify when an answer differs, model when the model cannot be loaded, config when the model
 * itself cannot answer the sample.
 */
export async function verify(
  ctx: Context,
  candidate: Candidate,
): Promise<{ verification: Verification; sample: Sample | null }> {
  if (candidate.sample === null) return { verification: await checkHealth(candidate), sample: null };
  return withScratch(ctx, async (scratch) => {
    const settings = await readSettings(candidate.bundle.function);
    const hooked = settings.hooks !== null && (await hasPreprocess(candidate.bundle.function, settings.hooks));
    const requests = requestsOf(candidate.sample, candidate.card.kind === 'python' || hooked);
    const ask = await openBaseline(ctx, candidate, settings, scratch);
    const own = await ask(requests);
    return compareAll(candidate, requests, own, ask);
  });
}

/** TorchScript does not tell them when it is loaded. */
function inputsOf(card: Exclude<ModelCard, { kind: 'python' }>): { inputs?: Port[] } {
  return card.kind === 'framework' && card.format === 'torchscript' ? { inputs: card.inputs } : {};
}

type Ask = (requests: Request[]) => Promise<Baseline>;

interface PythonArtifact {
  kind: 'python';
  module: string;
  attribute: string;
}

/** What of the function part's settings.json (ARCHITECTURE.md) is read here. */
interface PackageSettings {
  name: string;
  artifact: { kind: 'model' } | PythonArtifact;
  hooks: string | null;
  main: Record<string, string>;
}

async function openBaseline(ctx: Context, candidate: Candidate, settings: PackageSettings, scratch: string): Promise<Ask> {
  const { card, bundle, lock, host } = candidate;
  const code = path.join(scratch, 'code');
  await copyCode(bundle.function, code);
  const job: Omit<Job, 'requests'> = {
    name: settings.name,
    artifact: card.kind !== 'python' ? { kind: 'model', file: card.path, format: card.format, ...inputsOf(card) } : (settings.artifact as PythonArtifact),
    path: [code, ...(host === undefined ? rootsOf(bundle.dependencies) : [host.dependencies])],
    hooks: settings.hooks,
    main: settings.main,
    timeout: candidate.timeout ?? LOAD_SECONDS,
  };
  const options = { interpreter: host?.interpreter ?? lock.interpreter, scratch, env: candidate.env ?? {} };
  return (requests) => runBaseline(ctx, { ...job, requests: requests.map((each) => each.body) }, options);
}

async function compareAll(
  candidate: Candidate,
  requests: Request[],
  own: Baseline,
  ask: Ask,
): Promise<{ verification: Verification; sample: Sample }> {
  const timings = new Timings();
  const { card, form } = candidate;
  const by = { engine: form?.engine ?? 'native', format: card.kind === 'python' ? null : card.format };
  const kept: Sample = { kind: own.kind, requests: [], answers: [] };
  let largest: number | null = null;
  for (const [index, request] of requests.entries()) {
    const expected = own.answers[index];
    if (expected === undefined || 'refused' in expected) continue; // a shape that the model's own code does not take
    const answer = timings.note(await candidate.call(callOf(own.kind, request.body)));
    const actual = { status: answer.status, answer: withoutModel(expected.answer, bodyOf(answer)) };
    if (actual.status !== expected.status) throw refusal(request, answer.status, actual.answer, expected);
    const found = compare(expected.answer, actual.answer, by);
    if (found.difference !== null) {
      await assertStable(requests, own, ask, by);
      throw different(request, found.difference);
    }
    if (found.largest !== null) largest = Math.max(largest ?? 0, found.largest);
    kept.requests.push(request.body);
    kept.answers.push(expected.answer);
  }
  await timings.warm(() => candidate.call(callOf(own.kind, candidate.sample)));
  const compared = kept.requests.length;
  return { verification: { method: 'sample', compared, largestDifference: largest, ...timings.read() }, sample: kept };
}

/** A second process, asked in another order, tells a model that is random or remembers from one that was served wrong. */
async function assertStable(requests: Request[], own: Baseline, ask: Ask, by: By): Promise<void> {
  const [first, ...rest] = requests.map((request, index) => ({ request, before: own.answers[index] }));
  if (first === undefined) return;
  const order = [first, ...rest.toReversed(), first];
  const again = await ask(order.map((each) => each.request));
  for (const [index, { request, before }] of order.entries()) {
    const difference = compare(before, again.answers[index], { ...by, engine: 'native' }).difference;
    if (difference === null) continue;
    throw unstable(request, difference);
  }
}

async function checkHealth(candidate: Candidate): Promise<Verification> {
  const timings = new Timings();
  const answer = timings.note(await candidate.call(HEALTH));
  if (answer.status !== 200) throw unhealthy(answer.status, bodyOf(answer));
  await timings.warm(() => candidate.call(HEALTH));
  return { method: 'health', compared: 0, largestDifference: null, ...timings.read() };
}

/** A release asked again, wherever it is: milliseconds as seen by this process. */
export interface Again {
  /** To the first request of its sample; null without a sample, where only its health is asked. */
  answer: unknown;
  /** It is the one that the model itself gave. */
  equal: boolean;
  /** Start to first answer, where this call met no warm worker. */
  coldMs: number | null;
  warmMs: number | null;
}

export async function askAgain({ sample, engine, model }: Pick<Release, 'sample' | 'engine' | 'model'>, call: (call: Call) => Promise<Answer>): Promise<Again> {
  const timings = new Timings();
  const [request] = sample?.requests ?? [];
  const made = sample === null || request === undefined ? HEALTH : callOf(sample.kind, request);
  const first = timings.note(await call(made));
  await timings.warm(() => call(made));
  if (made === HEALTH) return { answer: null, equal: first.status === 200, ...timings.read() };
  const expected = sample?.answers[0];
  const answer = withoutModel(expected, bodyOf(first));
  return { answer, equal: compare(expected, answer, { engine, format: model.format }).difference === null, ...timings.read() };
}

/** The serving code adds which release answered; the model itself knows nothing of it. */
function withoutModel(expected: unknown, answer: unknown): unknown {
  if (!isObject(expected) || 'model' in expected || !isObject(answer)) return answer;
  const { model: _, ...rest } = answer;
  return rest;
}

async function readSettings(artifact: Artifact): Promise<PackageSettings> {
  return JSON.parse(await readEntry(artifact, 'settings.json')) as PackageSettings;
}

/** Whether bodies are the hook's own. Its source is looked at, not run; a name that is merely mentioned does no harm. */
async function hasPreprocess(artifact: Artifact, hooks: string): Promise<boolean> {
  return /\bpreprocess\b/.test(await readEntry(artifact, `code/${hooks.replaceAll('.', '/')}.py`));
}

async function readEntry(artifact: Artifact, name: string): Promise<string> {
  const source = artifact.entries.find((entry) => entry.path === name)?.source;
  if (source === undefined) throw new Error(`The function part has no ${name}.`);
  return 'file' in source ? readFile(source.file, 'utf8') : new TextDecoder().decode(source.bytes);
}
