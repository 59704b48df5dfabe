/** Reads mlfn.yaml: syntax, shape and meaning each fail with `file:line:column`. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, visit, type Document, type Scalar } from 'yaml';
import type * as z from 'zod';
import { MlfnError } from '../errors.ts';
import { SECTIONS } from '../providers/sections.ts';
import { fileSchema, type FileValues } from './schema.ts';
import { dataSchema } from './data.ts';
import { nearest } from './suggest.ts';

export interface ConfigFile {
  /** Absolute. */
  path: string;
  folder: string;
  values: FileValues;
  /** `mlfn.yaml:3:9` of a key's value, by key. */
  where: Record<string, string>;
}

/** @throws CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_VALUE */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new MlfnError('CONFIG_UNREADABLE', `${file} cannot be read: ${(cause as Error).message}`, {
      hint: 'Mend its permissions, or give the settings as flags from another folder.',
      cause,
    });
  }
  return parseConfig(text, file);
}

export function parseConfig(text: string, file: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path.basename(file)}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const broken = document.errors[0];
  if (broken !== undefined) throw syntaxError(broken.code, broken.message, at(broken.pos[0]), file);
  keepWritten(document);
  const raw = valueOf(document, at, file);
  const parsed = fileSchema.safeParse(raw);
  if (!parsed.success) throw meaningError(parsed.error.issues, document, at, file);
  const where: Record<string, string> = {};
  for (const key of Object.keys(parsed.data)) where[key] = at(offsetOf(document, [key]));
  return { path: file, folder: path.dirname(file), values: parsed.data, where };
}

/** An alias can name no anchor, or anchors can multiply beyond reason: both are only found here. */
function valueOf(document: Document, at: (offset: number) => string, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    let offset = 0;
    visit(document, {
      Alias: (_key, alias) => {
        offset = alias.range?.[0] ?? 0;
        return alias.resolve(document) === undefined ? visit.BREAK : undefined;
      },
    });
    throw syntaxError('ALIAS', (cause as Error).message, at(offset), file);
  }
}

/** `python: 3.10` means the text 3.10, not the number 3.1; a variable's value is what was written. */
function keepWritten(document: Document): void {
  if (!isMap(document.contents)) return;
  const python = document.get('python', true);
  if (isScalar(python)) asWritten(python);
  for (const texts of [document.get('env', true), document.getIn(['aws', 'tags'], true), document.getIn(['gcp', 'labels'], true)]) {
    if (isMap(texts)) for (const pair of texts.items) if (isScalar(pair.value)) asWritten(pair.value);
  }
}

function asWritten(scalar: Scalar): void {
  if (typeof scalar.value === 'number' || typeof scalar.value === 'boolean') scalar.value = scalar.source ?? '';
}

function syntaxError(code: string, message: string, where: string, file: string): MlfnError {
  const hints: Record<string, string> = {
    TAB_AS_INDENT: 'Indent with spaces instead of tabs.',
    DUPLICATE_KEY: 'Keep one of the two.',
    ALIAS: 'Write the value itself in its place.',
  };
  return new MlfnError('CONFIG_SYNTAX', `${where}: ${message.split('\n')[0]}`, {
    hint: hints[code] ?? 'Write it as `key: value` lines; quote text that has a colon in it.',
    details: { file, where },
  });
}

function meaningError(
  issues: z.core.$ZodIssue[],
  document: Document,
  at: (offset: number) => string,
  file: string,
): MlfnError {
  const issue = issues[0];
  if (issue === undefined) throw new Error('a failed parse without an issue');
  const keys = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const where = at(keyOffset(document, keys, key));
    const section = SECTIONS[keys[0] as keyof typeof SECTIONS];
    const known = Object.keys((keys[0] === 'data' ? dataSchema : (section ?? fileSchema)).shape);
    const near = nearest(key, known);
    return new MlfnError('CONFIG_UNKNOWN_KEY', `${where}: there is no setting ${JSON.stringify([...keys, key].join('.'))}.`, {
      hint: near === null ? `Use one of: ${known.join(', ')}.` : `Did you mean ${near}? Rename it.`,
      details: { file, where, key: [...keys, key].join('.') },
    });
  }
  const where = at(offsetOf(document, keys));
  const value: unknown = keys.length === 0 ? document.toJS() : document.getIn(keys);
  const name = keys.length === 0 ? path.basename(file) : keys.join('.');
  const must = issue.code === 'invalid_key' ? (RULE_OF_KEYS[keys[1] ?? ''] ?? 'a variable name: letters, digits and underscores') : issue.message;
  // Somebody may have put the secret itself where its reference belongs.
  return new MlfnError('CONFIG_VALUE', `${where}: ${name} must be ${must}, not ${keys.includes('secrets') ? 'what is there' : shown(value)}.`, {
    hint: `Change line ${where.split(':')[1]} of ${file}.`,
    details: { file, where, key: keys.join('.') },
  });
}

const RULE_OF_KEYS: Record<string, string> = { tags: 'a name that AWS takes for a tag', labels: 'a name that Google Cloud takes for a label' };

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  if (text === 'null') return 'empty';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function offsetOf(document: Document, keys: string[]): number {
  const node = keys.length === 0 ? document.contents : document.getIn(keys, true);
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  if (range !== undefined && range !== null) return range[0];
  return keys.length === 0 ? 0 : keyOffset(document, keys.slice(0, -1), keys.at(-1) ?? '');
}

function keyOffset(document: Document, parents: string[], key: string): number {
  const map = parents.length === 0 ? document.contents : document.getIn(parents, true);
  if (!isMap(map)) return 0;
  const pair = map.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === key);
  return (pair?.key as { range?: [number, number, number] } | undefined)?.range?.[0] ?? 0;
}
