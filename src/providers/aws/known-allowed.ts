/** IAM's answer is asked for once a day, not by each deploy: what was taken away meanwhile is told by the call that meets it. */
import { createHash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Home } from '../../events.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** @param question who, where, and which actions on what: another one is another question */
export async function isRemembered(home: Home, question: string): Promise<boolean> {
  const found = await stat(fileOf(home, question)).catch(() => null);
  return found !== null && Math.abs(Date.now() - found.mtimeMs) < DAY_MS;
}

/** A cache that cannot be written is none. */
export async function remember(home: Home, question: string): Promise<void> {
  const file = fileOf(home, question);
  await mkdir(path.dirname(file), { recursive: true })
    .then(() => writeFile(file, question))
    .catch(() => undefined);
}

function fileOf(home: Home, question: string): string {
  return path.join(home.cache, 'aws-allowed', `${createHash('sha256').update(question).digest('hex').slice(0, 32)}.json`);
}
