/**
 * Slimming: the files that loading and predicting never touch are left out, and what is left is proved to answer alike without
 * them. What was missing is put back; when nothing else helps, the whole package ships. Rules: docs/slimming.md.
 */
import path from 'node:path';
import type { Context } from '../../events.ts';
import type { Artifact, Bundle } from '../../types.ts';
import { readJson, writeWhole } from '../../whole-files.ts';
import { shippedRecord } from '../record.ts';
import { artifactOf, bytesEntry, sha256 } from '../digest.ts';
import { ownersOf, plain } from '../owners.ts';
import { keptFiles, type Touched } from './keep.ts';
import { askPackage, eventsFor, type Failed } from './run.ts';

/** Raised when the same run would keep other files. */
const RULES = 1;
/** Distributions are put back one by one so often; then all that were used are, then everything is. */
const ROUNDS = 6;

export interface SlimInput {
  /** With the model in it. */
  bundle: Bundle;
  /** Of the dependencies' Python. */
  interpreter: string;
  /** A body as a client would post it. */
  sample: unknown;
  /** Bodies are the user's own: a function, or hooks. */
  opaque: boolean;
  /** What the model names: another model that names the same is slimmed alike, so that its dependencies are those that were sent. */
  names: string[];
  /** Distributions that are kept whole, for the target's sake. */
  whole: string[];
}

export interface Slimmed {
  dependencies: Artifact;
  touched: Touched;
  /** Distributions that are kept whole. */
  whole: string[];
  /** Answers that the slimmed package gave alike. */
  answers: number;
}

/** What another run found, by what decides it. */
interface Kept {
  touched: Touched;
  whole: string[];
}

/** @returns why the whole package is needed, where it is. @throws INTERRUPTED | BUNDLE_* */
export async function slim(ctx: Context, input: SlimInput): Promise<Slimmed | { why: string }> {
  const file = keyFile(ctx, input);
  const known = (await readJson(file)) as (Kept & { proved: string[] }) | null;
  const events = eventsFor(input.sample, input.opaque);
  const before: Kept = known ?? { touched: {}, whole: input.whole };
  if (known !== null) {
    const slimmed = without(input, known);
    const mark = markOf(input, slimmed, events);
    if (known.proved.includes(mark)) return { ...known, dependencies: slimmed, answers: events.length };
  }
  ctx.emit({ type: 'progress', text: 'looking for what the package does not need' });
  const run = await askPackage(ctx, input.bundle, { interpreter: input.interpreter, events });
  if ('failed' in run) return { why: `it could not be tried here: ${run.failed}` };
  if (run.answers[0]?.startsWith('[200,') !== true) return { why: 'the sample itself is not answered' };
  // What an earlier model of the same names touched stays: parts that were sent serve again.
  const kept: Kept = { touched: known !== null && covers(known, run.files) ? known.touched : { ...run.files, ...before.touched }, whole: [...before.whole] };
  const proved = await prove(ctx, input, kept, { events, answers: run.answers });
  if ('why' in proved) return proved;
  const mark = markOf(input, proved, events);
  await writeWhole(file, JSON.stringify({ ...kept, proved: [...(known?.proved ?? []), mark].slice(-20) }));
  return { ...kept, dependencies: proved, answers: events.length };
}

/** Runs the slimmed package until it answers as the whole one did; `kept.whole` grows. */
async function prove(ctx: Context, input: SlimInput, kept: Kept, expected: { events: unknown[]; answers: string[] }): Promise<Artifact | { why: string }> {
  const owners = ownersOf(input.bundle.dependencies);
  const used = [...new Set(Object.keys(kept.touched).map((name) => owners.get(name) ?? ''))];
  let said = '';
  for (let round = 0; round < ROUNDS; round++) {
    const dependencies = without(input, kept);
    if (dependencies.digest === input.bundle.dependencies.digest) break;
    ctx.emit({ type: 'progress', text: 'trying the package without what it does not need' });
    const run = await askPackage(ctx, { dependencies, function: input.bundle.function }, { interpreter: input.interpreter, events: expected.events });
    if (!('failed' in run) && run.answers.join('\n') === expected.answers.join('\n')) return dependencies;
    said = 'failed' in run ? run.failed : 'an answer was another';
    const back = 'failed' in run ? ownerOf(run, owners) : null;
    kept.whole.push(...(back === null || kept.whole.includes(back) ? used : [back]));
  }
  return { why: said === '' ? 'all of it is used' : `without what it does not touch it failed: ${said}` };
}

function ownerOf({ missing }: Failed, owners: Map<string, string>): string | null {
  const place = missing?.replaceAll('.', '/');
  if (place === undefined) return null;
  const [top = ''] = place.split('/');
  for (const [file, owner] of owners) if (file.startsWith(`${place}.`) || file.startsWith(`${place}/`)) return owner;
  for (const [file, owner] of owners) if (file.startsWith(`${top}.`) || file.startsWith(`${top}/`)) return owner;
  return null;
}

/** The dependencies with what is kept, RECORDs included. */
function without({ bundle: { dependencies } }: SlimInput, { touched, whole }: Kept): Artifact {
  const kept = keptFiles(dependencies, touched, ownersOf(dependencies), new Set(whole.map(plain)));
  const entries = dependencies.entries.filter((entry) => kept.has(entry.path)).map((entry) => {
    if (!/^[^/]+\.dist-info\/RECORD$/.test(entry.path) || !('bytes' in entry.source)) return entry;
    return bytesEntry(entry.path, shippedRecord(Buffer.from(entry.source.bytes).toString(), kept));
  });
  return artifactOf('dependencies', entries);
}

function covers(known: Kept, files: Touched): boolean {
  return Object.keys(files).every((file) => file in known.touched);
}

/** The model is not part of it, nor are its settings. */
function keyFile(ctx: Context, { bundle, names, whole, opaque }: SlimInput): string {
  const code = bundle.function.entries.filter((entry) => !/^(model\/|settings\.json$)/.test(entry.path)).map((entry) => [entry.path, entry.sha256]);
  const key = sha256(JSON.stringify([RULES, bundle.dependencies.digest, [...new Set(names)].toSorted(), code, whole.toSorted(), opaque]));
  return path.join(ctx.home.cache, 'slim', `${key}.json`);
}

function markOf({ bundle }: SlimInput, { digest }: Artifact, events: unknown[]): string {
  return sha256(JSON.stringify([digest, bundle.function.digest, events]));
}
