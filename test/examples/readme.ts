/** The commands that the examples' pages show, as words for a subprocess. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { examples } from './expected.ts';

/** What a page writes for a name of the reader's own. */
const READERS_OWN: Record<string, string> = { NAME: 'heart', COMMAND: 'deploy', N: '1', FILE: 'payload.json' };

/** Of a line of a page, without the program's name and what a comment says. */
export function words(line: string): string[] {
  const bare = line.replace(/\s+#.*$/, '').trim();
  return bare.split(/\s+/).slice(1).map((word) => READERS_OWN[word] ?? word);
}

/** The lines of an example's README.md that are commands, as they stand there. */
export function commandsOf(name: string): string[] {
  const lines = readFileSync(path.join(examples, name, 'README.md'), 'utf8').split('\n').filter((line) => line.startsWith('    '));
  if (lines.length < 2) throw new Error(`examples/${name}/README.md shows no commands.`);
  return lines;
}
