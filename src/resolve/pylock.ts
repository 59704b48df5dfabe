/** PEP 751, read and written. */
import path from 'node:path';
import { parse, stringify } from 'smol-toml';
import { MlfnError } from '../errors.ts';
import type { Platform } from '../types.ts';
import { withoutCredentials } from './credentials.ts';
import { asTable } from './toml.ts';
import { bestWheel } from './wheel-tags.ts';

export interface LockedWheel {
  name: string;
  version: string;
  /** File name. */
  wheel: string;
  sha256: string;
  size: number | null;
  /** Exactly one of the two; the path is absolute. */
  url?: string;
  path?: string;
  /** The requirements name the wheel itself, not an index. */
  direct?: true;
  /** ISO 8601, where the index tells it. */
  published: string | null;
}

/**
 * Reads what `uv pip compile` wrote: of each package the one wheel that is best for this Python and platform.
 * @throws MlfnError RESOLVE_REQUIREMENT_UNSUPPORTED when a package has no such wheel with a hash
 */
export function parsePylock(text: string, folder: string, python: string, platform: Platform): LockedWheel[] {
  const packages = parse(text)['packages'];
  const wheels = (Array.isArray(packages) ? packages : []).map((entry): LockedWheel => {
    const { name, version, wheels: listed, archive } = asTable(entry);
    const files = (Array.isArray(listed) ? listed : [archive]).map((file) => readFile(asTable(file), folder));
    const wheel = bestWheel(
      files.map((file) => file.wheel),
      python,
      platform,
    );
    const chosen = files.find((file) => file.wheel === wheel);
    if (chosen?.sha256)
      return { ...chosen, ...(archive === undefined ? {} : { direct: true }), name: String(name), version: String(version ?? chosen.wheel.split('-')[1]) };
    throw new MlfnError('RESOLVE_REQUIREMENT_UNSUPPORTED', `${String(name)} comes as no wheel with a hash.`, {
      hint: 'Publish it as a wheel on an index that tells SHA-256 values, and require that.',
    });
  });
  return wheels.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readFile(file: Record<string, unknown>, folder: string): Omit<LockedWheel, 'name' | 'version'> {
  const { url, path: local, size, 'upload-time': published } = file;
  const location = typeof url === 'string' ? new URL(url).pathname : String(local ?? '');
  const sha256 = asTable(file['hashes'])['sha256'];
  return {
    wheel: decodeURIComponent(location.split(/[\\/]/).at(-1) ?? ''),
    sha256: typeof sha256 === 'string' ? sha256 : '',
    size: typeof size === 'number' ? size : null,
    ...(typeof url === 'string' ? { url: withoutCredentials(url) } : { path: path.resolve(folder, String(local)) }),
    published: published instanceof Date ? published.toISOString() : null,
  };
}

/** The same text for the same wheels, whichever uv found them and whenever: no times, no patch version of a Python. */
export function writePylock(python: string, wheels: LockedWheel[]): string {
  const packages = wheels.map(({ name, version, wheel, sha256, size, url, path: local }) => {
    const place = url === undefined ? { path: local } : { url };
    return {
      name,
      version,
      wheels: [{ name: wheel, ...place, ...(size === null ? {} : { size }), hashes: { sha256 } }],
    };
  });
  return `${stringify({ 'lock-version': '1.0', 'created-by': 'mlfn', 'requires-python': `==${python}.*`, packages })}\n`;
}
