// A command of a party, run to its end.
import { execFile } from 'node:child_process';

/** @returns seconds. @throws with what it wrote */
export function run(command, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const { PYTHONDONTWRITEBYTECODE: _, ...clean } = { ...process.env, ...env };
    execFile(command, args, { cwd, env: clean, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`));
      else resolve((performance.now() - begun) / 1000);
    });
  });
}
