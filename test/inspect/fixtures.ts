import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FrameworkCard } from '../../src/card.ts';
import type { Folder } from './cards.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');

/** A file that the real framework wrote; the script beside it says how. */
export function fixture(name: string): Buffer {
  return readFileSync(path.join(FIXTURES, name));
}

/** The card of a fixture where it lies. */
export async function cardOf(folder: Folder, name: string): Promise<FrameworkCard> {
  const card = await folder.inspect(path.join(FIXTURES, name));
  if (card.kind !== 'framework') throw new Error(`${name} is taken for a ${card.kind}`);
  return card;
}
