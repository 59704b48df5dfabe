/** Whether a hook may stand in front of a compiled model. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Of Python's standard library what hooks import; none of it makes arrays or data frames. */
const STANDARD = new Set(
  (
    'array ast base64 binascii bisect calendar collections colorsys contextlib copy csv dataclasses datetime decimal difflib enum fractions functools gzip ' +
    'hashlib heapq hmac html io ipaddress itertools json locale logging math numbers operator os pathlib pprint random re secrets statistics string struct ' +
    'sys textwrap time traceback types typing unicodedata urllib uuid warnings zlib zoneinfo __future__'
  ).split(' '),
);

export interface HookFacts {
  /** It has a `preprocess`. */
  prepares: boolean;
  /** Why the model is served as it is; null where the hook does not matter. */
  why: string | null;
}

/**
 * What `preprocess` returns is read like any body, and checked, whoever evaluates the model, unless it is an array or a data frame. A
 * file that imports only the standard library makes neither.
 */
export async function hookFacts(file: string | undefined): Promise<HookFacts> {
  const source = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '');
  const prepares = /\bpreprocess\b/.test(source);
  const foreign = prepares ? (importedBy(source).find((name) => !STANDARD.has(name)) ?? null) : null;
  if (foreign === null) return { prepares, why: null };
  return { prepares, why: `preprocess in ${path.basename(file ?? '')} may make arrays: ${foreign === '' ? 'it imports what only running it tells' : `it imports ${foreign}`}` };
}

/** Names of packages, of our own folder too; empty for what a program imports by other means. */
function importedBy(source: string): string[] {
  const lines = source.replaceAll(/\\\r?\n/g, ' ').matchAll(/(?:^|[;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([^\n;#]+))/gm);
  const names = [...lines].flatMap(([, from, list]) => (from === undefined ? (list ?? '').split(',') : [from]));
  const roots = names.map((name) => name.trim().split(/[\s.]/, 1)[0] ?? '');
  return /\b(importlib|__import__|exec|eval|runpy)\b/.test(source) ? [...roots, ''] : roots;
}
