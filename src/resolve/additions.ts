/**
 * What the target itself needs (its server) beside what is served. It is added to versions that were chosen without it, so
 * that a model is served with the same packages on every target.
 */
import { satisfies } from '@renovatebot/pep440';
import { MlfnError } from '../errors.ts';
import type { TargetNeed } from '../types.ts';
import { compile, type Question, type Session } from './compile.ts';
import type { LockedWheel } from './pylock.ts';
import { EXACT, normalize, type RequirementsFile } from './requirements.ts';
import type { Selection } from './selection.ts';
import { type Failure, monthAfter, solve, type Solved, type Wanted } from './solve.ts';
import type { PythonChoice } from './pythons.ts';

/** @throws MlfnError RESOLVE_CONFLICT where the user asks for a version that the target cannot run with */
export function noteRequired({ why }: Selection, requires: TargetNeed[], file: RequirementsFile | null): void {
  for (const { name, version, accepts } of requires) {
    if (!why.has(name)) why.set(name, 'the target');
    const asked = file?.items.find((one) => one.name === name && EXACT.test(one.specifier));
    const exact = EXACT.exec(asked?.specifier ?? '')?.[1];
    if (asked === undefined || exact === undefined || satisfies(exact, accepts, { prereleases: true })) continue;
    throw new MlfnError('RESOLVE_CONFLICT', `${asked.where} asks for ${name}${asked.specifier}, but the target needs ${name}${accepts}.`, {
      hint: `Leave it out, or change it to ${name}==${version}.`,
      details: { required: asked.line, accepts },
    });
  }
}

interface Additions {
  /** Of the target. */
  requires: TargetNeed[];
  /** Of the engine: nothing of what is alone asks for comes with it. */
  also: TargetNeed[];
  file: RequirementsFile | null;
  served: Solved;
  choices: PythonChoice[];
}

/** What was solved, with what the target and the engine need beside it; `evaluating` are the wheels that are the engine's. */
export async function addNeeds(
  session: Session,
  wanted: Wanted,
  { requires, also, file, served, choices }: Additions,
): Promise<(Solved & { evaluating: LockedWheel[] }) | Failure> {
  const first = rootsFor(requires, file, served.wheels);
  const target = first.length === 0 ? served : await solveAdded(session, wanted, first, served, choices);
  if (!('wheels' in target)) return target;
  const second = rootsFor(also, file, target.wheels);
  if (second.length === 0) return { ...target, evaluating: [] };
  const selection = { ...wanted.selection, roots: [...wanted.selection.roots, ...first] };
  const whole = await solveAdded(session, { ...wanted, selection }, second, target, choices);
  if (!('wheels' in whole)) return whole;
  const [known, named] = [target.wheels, also].map((each) => new Set(each.map(({ name }) => normalize(name))));
  const isNew = ({ name }: LockedWheel) => !known?.has(normalize(name));
  const wheels = also.some((need) => need.alone) ? whole.wheels.filter((wheel) => !isNew(wheel) || named?.has(normalize(wheel.name))) : whole.wheels;
  return { ...whole, wheels, evaluating: wheels.filter(isNew) };
}

/** The lines of what is added: the version where the user leaves it open, else what works. */
function rootsFor(requires: TargetNeed[], file: RequirementsFile | null, solved: LockedWheel[]): string[] {
  const named = new Set([...(file?.items ?? []), ...(file?.constraints ?? [])].map((one) => one.name));
  for (const wheel of solved) named.add(normalize(wheel.name));
  return requires.map(({ name, version, accepts }) => `${name}${named.has(name) ? accepts : `==${version}`}`);
}

/** What was solved, and what `added` brings with it: as of a month after it came out, else the newest; else all anew. */
async function solveAdded(
  session: Session,
  wanted: Wanted,
  added: string[],
  solved: Solved,
  choices: PythonChoice[],
): Promise<Solved | Failure> {
  const { selection, uvConfig } = wanted;
  const roots = [...selection.roots, ...added];
  const question: Question = {
    roots,
    constraints: [...selection.constraints, ...solved.wheels.map(({ name, version }) => `${name}==${version}`)],
    options: selection.options,
    uvConfig,
    cutoff: null,
  };
  session.ctx.emit({ type: 'progress', text: 'adding what the target needs' });
  const exact = added.filter((root) => root.includes('=='));
  const found = exact.length === 0 ? null : await monthAfter(session, { ...question, roots: exact, constraints: [] }, solved.choice);
  const published = solved.wheels.flatMap((wheel) => wheel.published ?? []);
  const cutoff = found === null ? null : ([`${found.day}T00:00:00Z`, ...published.map(aDayLater)].toSorted().at(-1) ?? null);
  for (const each of cutoff === null ? [null] : [cutoff, null]) {
    const { wheels } = await compile(session, solved.choice, { ...question, cutoff: each });
    if (wheels !== null) return { ...solved, wheels };
  }
  return solve(session, { ...wanted, selection: { ...selection, roots } }, choices);
}

function aDayLater(time: string): string {
  return new Date(Date.parse(time) + 24 * 3600 * 1000).toISOString();
}
