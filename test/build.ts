/** Vitest's global setup: tests that start `bin/mlfn.js` or the daemon need a dist/ of the present sources. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export default function setup(): void {
  execFileSync(process.execPath, [path.join(import.meta.dirname, '..', 'scripts', 'build.mjs')], { stdio: 'inherit' });
}
