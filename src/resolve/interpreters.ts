/** Which Pythons this machine has. An interpreter that cannot start, is too old or is not CPython is a reason, not an error. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Platform } from '../types.ts';
import { candidatePaths, type Candidate, type Source } from './candidates.ts';
import { probe, type Probe } from './probe.ts';

export interface Interpreter {
  /** Of a virtual environment its own path, so that its packages are found. */
  path: string;
  /** `3.12.1` */
  version: string;
  implementation: string;
  arch: string;
  source: Source;
}

/** What resolve itself needs to know beyond `Interpreter`. */
export interface Python extends Interpreter {
  /** `3.12` */
  minor: string;
  /** The interpreter that a virtual environment was made from; else its own path. */
  base: string;
  virtual: boolean;
  platform: Platform;
}

export interface Survey {
  usable: Python[];
  unusable: { path: string; reason: string }[];
}

/**
 * Every usable interpreter, best known first: the active environment, PATH, then the folders of uv, pyenv and the py
 * launcher. @throws MlfnError RESOLVE_PYTHON_MISSING, naming what was found and why it does not serve
 */
export async function findInterpreters(ctx: Context): Promise<Interpreter[]> {
  const survey = await surveyInterpreters(ctx);
  if (survey.usable.length === 0) throw noPython(survey);
  return survey.usable.map(({ path: file, version, implementation, arch, source }) => {
    return { path: file, version, implementation, arch, source };
  });
}

export async function surveyInterpreters(ctx: Context): Promise<Survey> {
  const candidates = await candidatePaths(ctx);
  const probed = await Promise.all(
    candidates.map(async (candidate) => ({ ...candidate, answer: await probe(ctx, candidate.path) })),
  );
  const survey: Survey = { usable: [], unusable: [] };
  const seen = new Set<string>();
  for (const { path: file, source, answer } of probed) {
    const python = typeof answer === 'string' ? answer : judge(answer, source);
    if (typeof python === 'string') {
      survey.unusable.push({ path: file, reason: python });
      continue;
    }
    const identity = python.virtual ? python.path : await realpath(python.path).catch(() => python.path);
    if (!seen.has(identity)) survey.usable.push(python);
    seen.add(identity);
  }
  return survey;
}

/** @throws MlfnError RESOLVE_PYTHON_UNUSABLE when the file is no interpreter that mlfn can use */
export async function usePython(ctx: Context, file: string): Promise<Python> {
  const answer = await probe(ctx, file);
  const python = typeof answer === 'string' ? answer : judge(answer, 'option');
  if (typeof python !== 'string') return python;
  throw new MlfnError('RESOLVE_PYTHON_UNUSABLE', `${file} cannot be used: ${python}.`, {
    hint: 'Give --python a version such as 3.12, or the path of a CPython 3.9 or newer that starts.',
  });
}

/** Null where there is no interpreter that serves. */
export async function usable(ctx: Context, candidate: Candidate): Promise<Python | null> {
  const answer = await probe(ctx, candidate.path);
  const python = typeof answer === 'string' ? answer : judge(answer, candidate.source);
  return typeof python === 'string' ? null : python;
}

export function noPython(survey: Survey): MlfnError {
  const found = survey.unusable.map(({ path: file, reason }) => `${file} (${reason})`);
  const what = found.length === 0 ? 'none was found' : `found only ${found.slice(0, 6).join(', ')}`;
  return new MlfnError('RESOLVE_PYTHON_MISSING', `No usable Python on this machine: ${what}.`, {
    hint: 'Install CPython 3.9 or newer (for example `uv python install 3.12`), or name one with --python PATH.',
    details: { unusable: survey.unusable },
  });
}

/** What is wrong with an interpreter that did start, or the interpreter. */
function judge(probed: Probe, source: Source): Python | string {
  const [major = 0, minor = 0] = probed.version.split('.').map(Number);
  if (probed.implementation !== 'cpython') return `${probed.implementation} ${probed.version}, not CPython`;
  if (major !== 3 || minor < 9) return `Python ${probed.version} is older than 3.9`;
  if (probed.freeThreaded) return `Python ${probed.version} without GIL, for which few wheels exist`;
  if (probed.arch !== 'x86_64' && probed.arch !== 'aarch64') return `built for ${probed.arch}`;
  if (probed.os !== 'linux' && probed.os !== 'macos' && probed.os !== 'windows') return `built for ${probed.os}`;
  return {
    path: probed.executable,
    version: probed.version,
    minor: `${major}.${minor}`,
    implementation: probed.implementation,
    arch: probed.arch,
    source,
    base: probed.virtual ? probed.base : probed.executable,
    virtual: probed.virtual,
    platform: { os: probed.os, arch: probed.arch, glibc: probed.glibc },
  };
}

/** Path of a file or folder that the user gave, against the folder that the command runs in. */
export function fromUser(ctx: Context, given: string): string {
  return path.resolve(ctx.cwd, given);
}
