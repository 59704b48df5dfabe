/**
 * resolve: what inspect found, and what lies beside the model, become an exact lock of wheels for one Python and
 * platform. May touch uv, the wheel cache and interpreters; executes nothing of the user's.
 */
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { ModelCard } from '../card.ts';
import type { Lock, PlatformRequest, TargetNeed } from '../types.ts';
import { addNeeds, noteRequired } from './additions.ts';
import { isAway, openSession } from './compile.ts';
import { asVersions, withoutModel } from './compiled.ts';
import { rememberSources, withoutCredentials } from './credentials.ts';
import { userEnvironments, type Environment } from './environment.ts';
import { defaultOf } from './defaults.ts';
import { explain } from './explain.ts';
import { floorsOf } from './floors.ts';
import { indexOptions } from './installable.ts';
import { noPython, surveyInterpreters, usePython } from './interpreters.ts';
import { keepLock, keptLock, makeLock } from './lock.ts';
import { findNeeds, type Needs, type Pin, pinsOf } from './needs.ts';
import { readProject } from './project.ts';
import { choosePythons, type PythonChoice } from './pythons.ts';
import type { LockedWheel } from './pylock.ts';
import { normalize, type RequirementsFile } from './requirements.ts';
import { select, type Selection } from './selection.ts';
import { solve, type Solved, type Wanted } from './solve.ts';
import { indexSettings } from './uv-env.ts';
import { readUvLock } from './uv-lock.ts';

export { exactOptions, hostOptions } from './host.ts';
export { install } from './install.ts';
export { requirementsOf } from './installable.ts';
export { findInterpreters } from './interpreters.ts';
export { interpreterFor } from './pythons.ts';
export { runtimeClient } from './runtime-client.ts';
export { findUv } from './uv.ts';
export { fetchWheels } from './wheels.ts';

export interface ResolveOptions {
  /** `3.12`, `3.12.1`, a command on PATH, or a path. */
  python?: string;
  /** A requirements file, pylock.toml, uv.lock or pyproject.toml, obeyed to the letter. */
  requirements?: string;
  /** The user's Python files that travel with the model: what they import is needed. */
  code?: string[];
  /** The model was compiled: what it was saved with is not needed, and requirements only tell versions. */
  compiled?: boolean;
  /** What evaluates it, or converts it, beside all this: added as what a target needs is. */
  also?: TargetNeed[];
}

/** Raised when what is kept in the cache would come out differently. */
const RULES = 3;

/**
 * Where versions come from, in this order: the lock or requirements beside the model; the user's environment that holds
 * the framework version the file names; what was newest a month after that version came out, its upload time asked of
 * the index. What requirements leave open is closed by the next of the three. The version that the file names is exact
 * in every case. The same question asked again is answered from the cache, without uv or a network; a lock that was made
 * offline is, while the index cannot be reached.
 * @throws MlfnError RESOLVE_* | DISK_FULL | INTERRUPTED
 */
export async function resolve(
  ctx: Context,
  named: ModelCard,
  request: PlatformRequest,
  options: ResolveOptions,
): Promise<Lock> {
  const card = options.compiled === true ? withoutModel(named) : named;
  const folder = path.dirname(card.path);
  const survey = await surveyInterpreters(ctx);
  const project = await readProject(ctx, folder, options.requirements);
  const environments = await userEnvironments(ctx, folder);
  const isPath = options.python !== undefined && /[\\/]/.test(options.python);
  const own = isPath ? await usePython(ctx, path.resolve(ctx.cwd, options.python ?? '')) : undefined;
  const scanner = own ?? survey.usable[0];
  if (scanner === undefined) throw noPython(survey);
  const listed = project.uvLock === null ? project.requirements : await readUvLock(ctx, project.uvLock, scanner);
  const file = listed !== null && options.compiled === true ? asVersions(listed) : listed;
  const needs = await findNeeds(ctx, card, options.code ?? [], scanner, environments, file);
  const pins = pinsOf(card, file);
  const selection = select(ctx, file, project.named, needs, pins, path.basename(card.path));
  const floors = floorsOf(card);
  selection.constraints.push(...floors.map(({ name, version }) => `${name}>=${version}`));
  const environment = environments.find((one) => holds(one, needs, pins)) ?? null;
  const choices = await choosePythons(ctx, request, options.python, project, environment, survey);
  const [best] = choices;
  if (best === undefined) throw noPython(survey);
  const also = (options.also ?? []).map(({ alone = false, ...need }) => ({ ...need, alone: alone && request.installs !== true }));
  const requires = [...(request.requires ?? []), ...also];
  noteRequired(selection, requires, file);
  if (selection.roots.length === 0 && requires.length === 0) {
    return makeLock(best, [], { ...needless(best, file), offline: false });
  }
  const tested = defaultOf(card);
  const wanted: Wanted = { selection, uvConfig: project.uvConfig, listed: file, environment, pins, floors, tested };
  rememberSources(ctx, { ...selection, uvConfig: project.uvConfig });
  const asked: unknown[] = [
    RULES,
    selection.roots.map(withoutCredentials),
    selection.constraints,
    selection.options.map(withoutCredentials),
    hashRows(selection),
    withoutCredentials(project.uvConfig),
    file?.label,
    pins,
  ];
  asked.push(choices.map((one) => [one.python, one.platform, one.native, one.interpreter.version]));
  asked.push(
    indexSettings(ctx.env),
    environment === null ? null : [environment.label, [...environment.distributions].toSorted()],
  );
  if (requires.length > 0) asked.push(requires);
  if (tested !== null) asked.push(tested);
  const kept = await keptLock(ctx, asked, choices);
  if (kept !== null && !kept.offline) return kept;
  const session = await openSession(ctx);
  const reached = [...selection.roots, ...requires.map((one) => one.name)];
  if (kept !== null && (await isAway(session, best, { options: selection.options, roots: reached, uvConfig: project.uvConfig }))) return kept;
  const served = selection.roots.length === 0 ? needless(best, file) : await solve(session, wanted, choices);
  if (!('wheels' in served)) return explain(session, wanted, served);
  const solved = await addNeeds(session, wanted, { requires: request.requires ?? [], also, file, served, choices });
  if (!('wheels' in solved)) return explain(session, wanted, solved);
  assertHashes(selection, solved.wheels, file?.label ?? '');
  const described = { ...solved, offline: session.offline, indexes: indexOptions(selection.options, project.uvConfig) };
  const lock = makeLock(solved.choice, solved.wheels, described, [...served.wheels, ...solved.evaluating]);
  await keepLock(ctx, asked, lock);
  return lock;
}

function needless(choice: PythonChoice, file: RequirementsFile | null): Solved {
  return { choice, wheels: [], source: file?.kind ?? 'model-date', sourceDetail: 'needs no package' };
}

function hashRows(selection: Selection): [string, string[]][] {
  return [...selection.hashes].map(([name, hashes]): [string, string[]] => [name, [...hashes].toSorted()]).toSorted();
}

/** Whether the model was likely trained here: the versions that the file names, or all that is needed when it names none. */
function holds({ distributions }: Environment, needs: Needs, pins: Pin[]): boolean {
  const version = (name: string) => distributions.get(name) ?? distributions.get(name.replace(/-cpu$/, ''));
  if (pins.length > 0) return pins.every((pin) => version(pin.name) === pin.version);
  return needs.size > 0 && [...needs.keys()].every((name) => version(name) !== undefined);
}

/** A hash that the user wrote down is a promise: another file of the same version must not take its place. */
function assertHashes(selection: Selection, wheels: LockedWheel[], label: string): void {
  for (const wheel of wheels) {
    const allowed = selection.hashes.get(normalize(wheel.name));
    if (allowed === undefined || allowed.has(wheel.sha256)) continue;
    throw new MlfnError('RESOLVE_CONFLICT', `${wheel.wheel} is not one of the files whose hashes ${label} lists.`, {
      hint: `Lock again with every wheel's hash (\`uv pip compile --universal --generate-hashes\`), or leave the hashes out.`,
      details: { wheel: wheel.wheel, sha256: wheel.sha256 },
    });
  }
}
