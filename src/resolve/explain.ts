/** Turns uv's "No solution found" into which requirement of which package, and the nearest thing that works: by trying. */
import { MlfnError } from '../errors.ts';
import { compile, type Question, type Session } from './compile.ts';
import { redact } from './credentials.ts';
import { surveyInterpreters } from './interpreters.ts';
import type { PythonChoice } from './pythons.ts';
import { normalize } from './requirements.ts';
import type { Failure, Wanted } from './solve.ts';

/** Tried for "has wheels for Python ...": bounds the attempts. */
const MINORS = ['3.14', '3.13', '3.12', '3.11', '3.10', '3.9'];

/** Never returns. @throws MlfnError RESOLVE_PACKAGE_UNKNOWN | RESOLVE_NO_WHEEL | RESOLVE_CONFLICT */
export async function explain(session: Session, wanted: Wanted, failure: Failure): Promise<never> {
  session.ctx.emit({ type: 'progress', text: 'looking for the nearest versions that work' });
  const { reason } = failure;
  const details = { python: failure.choice.python, uv: reason };
  const unknown =
    /Because (?:there is no version of )?([\w.-]+?)(?:==(\S+?))? (?:was not found in the package registry|and you require)/.exec(
      reason,
    );
  if (unknown?.[1] !== undefined && /was not found in the package registry|there is no version of/.test(unknown[0])) {
    throw await explainUnknown(session, wanted, failure, unknown[1], unknown[2], details);
  }
  const unwheeled =
    /([\w.-]+)==([\w.!+-]+) has no (?:usable )?wheels/.exec(reason) ??
    /([\w.-]+)==([\w.!+-]+) depends on Python/.exec(reason);
  if (unwheeled?.[1] !== undefined && unwheeled[2] !== undefined) {
    throw await explainNoWheel(session, wanted, failure, unwheeled[1], unwheeled[2], details);
  }
  throw await explainConflict(session, wanted, failure, details);
}

type Details = Record<string, unknown>;

async function explainUnknown(
  session: Session,
  wanted: Wanted,
  failure: Failure,
  name: string,
  version: string | undefined,
  details: Details,
) {
  const asker = askedBy(wanted, failure, name);
  if (version === undefined) {
    return new MlfnError('RESOLVE_PACKAGE_UNKNOWN', `The package index has no package "${name}"${asker}.`, {
      hint: 'Correct its name; for a private package, configure its index for uv or pip.',
      details,
    });
  }
  const nearest = await nearestVersions(session, failure, name, version);
  return new MlfnError('RESOLVE_PACKAGE_UNKNOWN', `The package index has no ${name} ${version}${asker}.`, {
    hint: nearest.length === 0 ? 'Correct the version.' : `Nearest that it has: ${nearest.join(' and ')}.`,
    details: { ...details, nearest },
  });
}

async function explainNoWheel(
  session: Session,
  wanted: Wanted,
  failure: Failure,
  name: string,
  version: string,
  details: Details,
) {
  const { choice } = failure;
  const working: string[] = [];
  for (const python of MINORS) {
    if (python === choice.python) continue;
    const found = await versionFor(session, failure, { ...choice, python, native: false }, `${name}==${version}`);
    if (found !== null) working.push(python);
  }
  const machine = (await surveyInterpreters(session.ctx)).usable;
  const here = machine.find((python) => working.includes(python.minor) && !python.virtual);
  const nearest = await nearestVersions(session, failure, name, version);
  const wheels =
    working.length === 0 ? 'none for Python 3.9 or newer' : `wheels for Python ${working.toReversed().join(', ')}`;
  const hints: string[] = [];
  if (here !== undefined) hints.push(`Give --python ${here.minor} (found at ${here.path})`);
  else if (working[0] !== undefined) hints.push(`Install Python ${working[0]} and give --python ${working[0]}`);
  if (nearest.length > 0) hints.push(`nearest with wheels for Python ${choice.python}: ${nearest.join(' and ')}`);
  const message = `${name} ${version}${askedBy(wanted, failure, name)} has no wheel for Python ${choice.python} on ${choice.platform.os} ${choice.platform.arch}; it has ${wheels}.`;
  return new MlfnError('RESOLVE_NO_WHEEL', message, {
    hint: hints.length === 0 ? 'Use another version of it.' : `${hints.join('; or ')}.`,
    details: { ...details, package: name, version, workingPythons: working, nearest },
  });
}

async function explainConflict(session: Session, wanted: Wanted, failure: Failure, details: Details) {
  const needs = [
    ...failure.reason.matchAll(
      /((?:all versions of )?[\w.-]+(?:==[\w.!+-]+)?) depends? on ([\w.-]+(?:[<>=!~][^\s]*)?)/g,
    ),
  ];
  const [, parent, child] = needs.at(-1) ?? [];
  const childName = normalize(/^[\w.-]+/.exec(child ?? '')?.[0] ?? '');
  const mine = [...failure.question.roots, ...failure.question.constraints].find(
    (line) => nameOf(line) === childName && line !== childName,
  );
  const where = wanted.selection.why.get(childName);
  const message =
    parent === undefined || mine === undefined
      ? `The requirements exclude each other: ${failure.reason.replace(/^error: No solution found when resolving dependencies:? ?(cause: )?/, '')}`
      : `${parent.replace(/^all versions of (.*)/, 'every version of $1')} needs ${child}, but ${redact(mine)} is required${where === undefined ? '' : ` (${where})`}.`;
  const loosened = mine === undefined ? null : await loosen(session, failure, mine);
  return new MlfnError('RESOLVE_CONFLICT', message, {
    hint:
      loosened === null
        ? 'Loosen one of the requirements that the message names.'
        : `${loosened} works: require that instead.`,
    details: { ...details, loosened },
  });
}

/** What uv picks for the requirement when it may be any version. */
async function loosen(session: Session, failure: Failure, line: string): Promise<string | null> {
  const free = (lines: string[]) => lines.map((one) => (one === line ? nameOf(line) : one));
  const question = {
    ...failure.question,
    roots: free(failure.question.roots),
    constraints: free(failure.question.constraints),
  };
  const { wheels } = await compile(session, failure.choice, question).catch(nothing);
  const found = wheels?.find((wheel) => normalize(wheel.name) === nameOf(line));
  return found === undefined ? null : `${found.name}==${found.version}`;
}

/** The closest versions above and below that have a wheel for this Python and platform. */
async function nearestVersions(session: Session, failure: Failure, name: string, version: string): Promise<string[]> {
  const above = await versionFor(session, failure, failure.choice, `${name}>${version}`, true);
  const below = await versionFor(session, failure, failure.choice, `${name}<${version}`);
  return [below, above].filter((one) => one !== null);
}

async function versionFor(
  session: Session,
  failure: Failure,
  choice: PythonChoice,
  root: string,
  lowest = false,
): Promise<string | null> {
  const { options, uvConfig } = failure.question;
  const question: Question = { roots: [root], constraints: [], options, uvConfig, cutoff: null, alone: true, lowest };
  const { wheels } = await compile(session, choice, question).catch(nothing);
  return wheels?.[0]?.version ?? null;
}

/** An attempt at help that fails is no error of its own; an interruption is. */
function nothing(error: unknown): { wheels: null } {
  if (error instanceof MlfnError && error.code !== 'INTERRUPTED') return { wheels: null };
  throw error;
}

/** ` (requirements.txt line 3)`, or the package that needs it. */
function askedBy(wanted: Wanted, failure: Failure, name: string): string {
  const why = wanted.selection.why.get(normalize(name));
  const parent = new RegExp(`([\\w.-]+(?:==[\\w.!+-]+)?) depends on ${name.replaceAll('.', '\\.')}\\b`).exec(
    failure.reason,
  )?.[1];
  if (why !== undefined) return ` (needed by ${why})`;
  return parent === undefined ? '' : ` (needed by ${parent})`;
}

function nameOf(line: string): string {
  return normalize(/^[\w.-]+/.exec(line)?.[0] ?? '');
}
