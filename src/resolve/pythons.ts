/** Which Python the wheels are for, and which interpreter of this machine stands in for it. */
import { satisfies } from '@renovatebot/pep440';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Platform, PlatformRequest } from '../types.ts';
import { whichAll } from './candidates.ts';
import type { Environment } from './environment.ts';
import { fromUser, noPython, surveyInterpreters, usePython, type Python, type Survey } from './interpreters.ts';
import type { Project } from './project.ts';

export interface PythonChoice {
  /** `3.12` */
  python: string;
  platform: Platform;
  interpreter: Python;
  /** The interpreter is the very one the wheels are for. */
  native: boolean;
}

/**
 * Best first. The order of what decides: `asked` (alone), .python-version beside the model, the environment that holds
 * the framework, then the target's own order; on this machine any other interpreter comes last. requires-python beside
 * the model rules versions out.
 * @throws MlfnError RESOLVE_PYTHON_MISSING | RESOLVE_PYTHON_UNUSABLE
 */
export async function choosePythons(
  ctx: Context,
  request: PlatformRequest,
  asked: string | undefined,
  project: Project,
  environment: Environment | null,
  survey: Survey,
): Promise<PythonChoice[]> {
  if (asked !== undefined) return [await chooseAsked(ctx, request, asked, survey)];
  if (survey.usable.length === 0) throw noPython(survey);
  // Byte code and the model's own answers need the very Python: one that this machine has comes first.
  const here = (minor: string) => survey.usable.some((python) => python.minor === minor);
  const offered = request.pythons.toSorted((a, b) => Number(here(b)) - Number(here(a)));
  const wishes = [project.pythonVersion, environment?.python.minor, ...offered];
  if (request.platform === 'this-machine') wishes.push(...survey.usable.map((python) => python.minor).toSorted(newest));
  const minors = [...new Set(wishes.flatMap((wish) => wish?.split('.').slice(0, 2).join('.') ?? []))];
  const allowed = minors.filter((minor) => {
    const onTarget = request.platform === 'this-machine' || request.pythons.includes(minor);
    // `.99`: a range such as `>=3.12.4` is about the minor version here; the target has the newest patch of it.
    return onTarget && (project.requiresPython === null || satisfies(`${minor}.99`, project.requiresPython));
  });
  const preferred = environment?.python;
  const choices = allowed.flatMap((minor) => choice(request, minor, survey, preferred) ?? []);
  if (choices.length > 0) return choices;
  const rule = project.requiresPython === null ? '' : `, and the project requires Python ${project.requiresPython}`;
  throw new MlfnError(
    'RESOLVE_PYTHON_UNUSABLE',
    `No Python serves: the target runs ${request.pythons.join(', ')}, this machine has ${versions(survey)}${rule}.`,
    { hint: 'Install one of the versions the target runs, or name one with --python.' },
  );
}

async function chooseAsked(
  ctx: Context,
  request: PlatformRequest,
  asked: string,
  survey: Survey,
): Promise<PythonChoice> {
  const version = /^3\.\d+(\.\d+)?$/.exec(asked)?.[0];
  if (version === undefined) {
    const named = /[\\/]/.test(asked) ? [] : await whichAll(ctx, [asked]);
    const python = await usePython(ctx, named[0] ?? fromUser(ctx, asked));
    return { ...fitting(request, python.minor), ...standIn(request, python.minor, python) };
  }
  const minor = version.split('.').slice(0, 2).join('.');
  const fits = survey.usable.filter((python) => `${python.version}.`.startsWith(`${version}.`));
  const found = choice(request, minor, request.platform === 'this-machine' ? { ...survey, usable: fits } : survey);
  if (found !== null) return found;
  if (survey.usable.length === 0) throw noPython(survey);
  throw new MlfnError(
    'RESOLVE_PYTHON_UNUSABLE',
    `There is no Python ${asked} on this machine: it has ${versions(survey)}.`,
    {
      hint: `Install it (for example \`uv python install ${asked}\`), or give --python one of these.`,
      details: { unusable: survey.unusable },
    },
  );
}

function choice(request: PlatformRequest, minor: string, survey: Survey, preferred?: Python): PythonChoice | null {
  const same = survey.usable.filter((python) => python.minor === minor);
  const best = preferred?.minor === minor ? preferred : (same.find((python) => !python.virtual) ?? same[0]);
  if (request.platform === 'this-machine') {
    return best === undefined ? null : { python: minor, ...standIn(request, minor, best) };
  }
  const nearest = survey.usable.toSorted((a, b) => distance(a.minor, minor) - distance(b.minor, minor))[0];
  const interpreter = best ?? nearest;
  return interpreter === undefined ? null : { ...fitting(request, minor), ...standIn(request, minor, interpreter) };
}

/** The one that a package for this machine runs on. @throws MlfnError RESOLVE_PYTHON_MISSING | RESOLVE_PYTHON_UNUSABLE */
export async function interpreterFor(ctx: Context, minor: string): Promise<string> {
  const { interpreter } = await chooseAsked(ctx, { platform: 'this-machine', pythons: [minor] }, minor, await surveyInterpreters(ctx));
  return bareInterpreter(interpreter);
}

function standIn(request: PlatformRequest, minor: string, python: Python): Omit<PythonChoice, 'python'> {
  const platform = request.platform === 'this-machine' ? python.platform : request.platform;
  return { platform, interpreter: python, native: request.platform === 'this-machine' && python.minor === minor };
}

/** @throws MlfnError RESOLVE_PYTHON_UNUSABLE when a cloud target cannot run it */
function fitting(request: PlatformRequest, minor: string): { python: string } {
  if (request.platform === 'this-machine' || request.pythons.includes(minor)) return { python: minor };
  throw new MlfnError('RESOLVE_PYTHON_UNUSABLE', `The target cannot run Python ${minor}.`, {
    hint: `Give --python one of ${request.pythons.join(', ')}.`,
  });
}

function versions(survey: Survey): string {
  const listed = [...new Set(survey.usable.map((python) => python.version))].toSorted(newest);
  return listed.length === 0 ? 'none' : listed.join(', ');
}

function newest(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}

function distance(a: string, b: string): number {
  return Math.abs(Number(a.split('.')[1]) - Number(b.split('.')[1]));
}

/** Where the interpreter lies, without the virtual environment around it: workers and checks must not see its packages. */
export function bareInterpreter(python: Python): string {
  return python.virtual && path.isAbsolute(python.base) ? python.base : python.path;
}
