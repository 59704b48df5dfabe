/** TOML files of the user's, whose shape nobody promised. */
import path from 'node:path';
import { TomlError, parse } from 'smol-toml';
import { MlfnError } from '../errors.ts';
import { readText } from '../whole-files.ts';

export type Table = Record<string, unknown>;

/** Null when there is no such file. @throws MlfnError RESOLVE_REQUIREMENTS_UNREADABLE */
export async function readToml(file: string): Promise<Table | null> {
  const text = await readText(file);
  try {
    return text === null ? null : parse(text);
  } catch (error) {
    const line = error instanceof TomlError ? ` line ${error.line}` : '';
    throw new MlfnError('RESOLVE_REQUIREMENTS_UNREADABLE', `${path.basename(file)}${line} is not TOML.`, {
      hint: `Mend ${file}, or move it away.`,
      cause: error,
    });
  }
}

export function asTable(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

export function tablesOf(value: unknown): Table[] {
  return Array.isArray(value) ? value.map(asTable) : [];
}
