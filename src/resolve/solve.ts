/** Finds the first set of wheels that serves: which versions (layers) on which Python (choices). */
import type { LockSource } from '../types.ts';
import { compile, type Question, type Session } from './compile.ts';
import type { Default } from './defaults.ts';
import type { Environment } from './environment.ts';
import type { LockedWheel } from './pylock.ts';
import type { PythonChoice } from './pythons.ts';
import type { Pin } from './needs.ts';
import { normalize } from './requirements.ts';
import type { Selection } from './selection.ts';

/** A model is trained with what is newest that day, and its framework's own bugs take weeks to be found. */
const TRAINING_MS = 31 * 24 * 3600 * 1000;

export interface Wanted {
  selection: Selection;
  uvConfig: string;
  /** The requirements' kind and name, or null when there are none. */
  listed: { kind: 'lockfile' | 'requirements'; label: string } | null;
  /** Holds the framework version that the file names, or everything that is needed when it names none. */
  environment: Environment | null;
  pins: Pin[];
  /** The file is younger than these. */
  floors: Pin[];
  /** Where the file names no version. */
  tested?: Default | null;
}

export interface Solved {
  choice: PythonChoice;
  wheels: LockedWheel[];
  source: LockSource;
  sourceDetail: string;
}

export interface Failure {
  choice: PythonChoice;
  question: Question;
  reason: string;
}

interface Layer {
  source: LockSource;
  detail: string;
  constraints: string[];
  cutoff: string | null;
}

/** The first that works, or the failure of the best Python under the loosest layer. */
export async function solve(session: Session, wanted: Wanted, choices: PythonChoice[]): Promise<Solved | Failure> {
  let failure: Failure | null = null;
  let closest: string | null = null;
  // A lock leaves nothing open that a date or an environment could close.
  const layers = wanted.listed?.kind === 'lockfile' ? [newestLayer] : [environmentLayer, dateLayer, testedLayer, newestLayer];
  for (const layerOf of layers) {
    const layer = await layerOf(session, wanted, choices);
    if (layer === null) continue;
    closest ??= layer.detail;
    for (const [index, choice] of choices.entries()) {
      const question = ask(wanted, layer);
      session.ctx.emit({ type: 'progress', text: `resolving versions for Python ${choice.python}` });
      const compiled = await compile(session, choice, question);
      if (compiled.wheels !== null) {
        if (closest !== layer.detail && wanted.listed === null) warn(session, closest, layer, failure);
        return { choice, wheels: compiled.wheels, ...describe(wanted, layer, compiled.wheels) };
      }
      if (index === 0) failure = { choice, question, reason: compiled.reason };
      if (failure !== null && /was not found in the package registry/.test(compiled.reason)) return failure;
    }
  }
  if (failure === null) throw new Error('no Python to resolve for');
  return failure;
}

function ask(wanted: Wanted, layer: Layer): Question {
  const { roots, constraints, options } = wanted.selection;
  return {
    roots,
    constraints: [...constraints, ...layer.constraints],
    options,
    uvConfig: wanted.uvConfig,
    cutoff: layer.cutoff,
  };
}

/** The user's own environment, as constraints on whatever is needed. */
async function environmentLayer(_session: Session, wanted: Wanted): Promise<Layer | null> {
  if (wanted.environment === null) return null;
  const { distributions, label } = wanted.environment;
  // A local version (`2.1.0+cpu`) is on no index; what the requirements pin is theirs to say.
  const usable = [...distributions].filter(
    ([name, version]) => /^[\d.]+((a|b|rc|\.post)\d+)?$/.test(version) && !wanted.selection.pinned.has(name),
  );
  const constraints = usable.map(([name, version]) => `${name}==${version}`).toSorted();
  return { source: 'environment', detail: `the versions of ${label}`, constraints, cutoff: null };
}

/** The newest that was published up to a month after the versions that the file names, or was written with, were all out. */
async function dateLayer(session: Session, wanted: Wanted, choices: PythonChoice[]): Promise<Layer | null> {
  const { pins, floors, selection, uvConfig } = wanted;
  if (pins.length === 0) return null;
  const roots = [...pins, ...floors].map((pin) => `${pin.name}==${pin.version}`);
  for (const choice of choices) {
    const found = await monthAfter(session, { roots, constraints: [], options: selection.options, uvConfig }, choice);
    if (found === null) continue;
    const detail = `what was newest a month after ${normalize(found.name)} ${found.version} came out (${found.day})`;
    return { source: 'model-date', detail, constraints: [], cutoff: `${found.day}T00:00:00Z` };
  }
  return null;
}

/** The last of the roots to come out, and the day a month later; null where the index does not tell of all. */
export async function monthAfter(
  session: Session,
  about: Pick<Question, 'roots' | 'constraints' | 'options' | 'uvConfig'>,
  choice: PythonChoice,
): Promise<{ name: string; version: string; day: string } | null> {
  const { wheels } = await compile(session, choice, { ...about, cutoff: null, alone: true });
  const dated = (wheels ?? []).flatMap(({ name, version, published }) => (published ? [{ name, version, at: Date.parse(published) }] : []));
  const last = dated.toSorted((a, b) => b.at - a.at)[0];
  if (last === undefined || dated.length < about.roots.length) return null;
  return { name: last.name, version: last.version, day: new Date(last.at + TRAINING_MS).toISOString().slice(0, 10) };
}

async function testedLayer(_session: Session, { tested, selection }: Wanted): Promise<Layer | null> {
  if (!tested || selection.pinned.has(tested.name)) return null;
  return { source: 'model-date', detail: `the ${tested.name} that mlfn is tested with`, constraints: tested.constraints, cutoff: null };
}

async function newestLayer(): Promise<Layer> {
  return { source: 'model-date', detail: 'the newest versions that fit', constraints: [], cutoff: null };
}

function describe(wanted: Wanted, layer: Layer, wheels: LockedWheel[]): Pick<Solved, 'source' | 'sourceDetail'> {
  if (wanted.listed === null) return { source: layer.source, sourceDetail: layer.detail };
  const { kind, label } = wanted.listed;
  const open = wheels.filter((wheel) => !wanted.selection.pinned.has(normalize(wheel.name)));
  if (open.length === 0) return { source: kind, sourceDetail: `pinned by ${label}` };
  return { source: kind, sourceDetail: `${label}; what it leaves open: ${layer.detail}` };
}

function warn(session: Session, wished: string | null, layer: Layer, failure: Failure | null): void {
  const text = `Versions could not be ${wished}: taking ${layer.detail}.`;
  session.ctx.emit({
    type: 'warning',
    text,
    hint: failure === null ? undefined : `uv said: ${failure.reason.slice(0, 300)}`,
  });
}
