/** Whether what was locked runs on a base. */
import { MlfnError } from '../../errors.ts';
import type { Lock } from '../../types.ts';
import type { Base } from './open.ts';

/** @returns path of the base's Python. @throws OCI_BASE_PYTHON | OCI_BASE_GLIBC */
export function interpreterFor({ name, facts }: Pick<Base, 'name' | 'facts'>, { python, platform, packages }: Pick<Lock, 'python' | 'platform' | 'packages'>): string {
  const found = facts.pythons.find(({ minor }) => minor === python);
  if (found === undefined) throw noPython(facts.pythons.length === 0 ? `${name} has no Python` : `${name} has Python ${facts.pythons.map(({ minor }) => minor).join(', ')}, and the packages are locked for ${python}`, name);
  if (facts.glibc === null) {
    // What is pure Python runs on any C library.
    const compiled = packages.find(({ wheel }) => !wheel.endsWith('-any.whl'));
    if (compiled !== undefined) throw wrongLibrary(`${name} has ${facts.musl ? 'musl' : 'no C library that is known'} in place of glibc, which ${compiled.name} needs`, name);
  } else if (platform.glibc !== null && isOlder(facts.glibc, platform.glibc)) {
    throw wrongLibrary(`${name} has glibc ${facts.glibc}, and the packages are locked for ${platform.glibc}`, name);
  }
  return found.path;
}

export function noPython(why: string, base: string): MlfnError {
  return new MlfnError('OCI_BASE_PYTHON', `${why}.`, {
    hint: 'Choose a base with that Python, or name another with --python.',
    details: { base },
  });
}

function wrongLibrary(why: string, base: string): MlfnError {
  return new MlfnError('OCI_BASE_GLIBC', `${why}.`, { hint: 'Choose a base of a newer system with glibc, e.g. a slim one of Debian.', details: { base } });
}

function isOlder(found: string, wanted: string): boolean {
  const [major = 0, minor = 0] = found.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}
