// A command of a party, watched to its end.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param python an interpreter to watch it with
 * @returns `command(program, words, {cwd, env})`: seconds, and the peak memory in bytes of the largest of its processes. Throws with
 *   what it wrote. Python tools write byte code, as they do on users' machines
 */
export function watcher(python, work) {
  const report = path.join(work, 'watched.json');
  return (program, words, { cwd, env = {} }) =>
    new Promise((resolve, reject) => {
      const { PYTHONDONTWRITEBYTECODE: _, ...clean } = { ...process.env, ...env };
      const watched = [path.join(import.meta.dirname, 'watch.py'), report, program, ...words];
      execFile(python, watched, { cwd, env: clean, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} ${words.join(' ')}\n${stdout}\n${stderr}`));
        else resolve(JSON.parse(readFileSync(report, 'utf8')));
      });
    });
}

/** Commands one after another as one. */
export async function inTurn(...commands) {
  const all = [];
  for (const command of commands) all.push(await command());
  return { seconds: all.reduce((sum, each) => sum + each.seconds, 0), peak: Math.max(...all.map((each) => each.peak)) };
}
