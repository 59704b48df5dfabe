/** Google is asked once a day, not by each deploy: what was taken away meanwhile is told by the call that meets it. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Home } from '../../../events.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What was told then; null when it was not asked today. @param question who, where, and what: another one is another question */
export async function remembered(home: Home, question: string): Promise<string | null> {
  const file = fileOf(home, question);
  const found = await stat(file).catch(() => null);
  if (found === null || Math.abs(Date.now() - found.mtimeMs) > DAY_MS) return null;
  return readFile(file, 'utf8').catch(() => null);
}

/** A cache that cannot be written is none. */
export async function remember(home: Home, question: string, told: string): Promise<void> {
  const file = fileOf(home, question);
  await mkdir(path.dirname(file), { recursive: true })
    .then(() => writeFile(file, told))
    .catch(() => undefined);
}

function fileOf(home: Home, question: string): string {
  return path.join(home.cache, 'gcp-ready', createHash('sha256').update(question).digest('hex').slice(0, 32));
}
