// A module of the sources, or one that imports them, as a file that Node runs: for generators, and for tests that need a process.
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const made = path.join(path.dirname(import.meta.dirname), '.made');

/** @param file absolute  @returns a file named by its content, so that whoever makes it at the same time makes the same */
export async function bundled(file) {
  const shared = { bundle: true, platform: 'node', target: 'node20.19', format: 'esm', packages: 'external', logLevel: 'warning' };
  const { outputFiles: [{ text }] } = await build({ ...shared, entryPoints: [file], write: false });
  mkdirSync(made, { recursive: true });
  const whole = path.join(made, `${path.parse(file).name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mjs`);
  const begun = `${whole}.${process.pid}`;
  writeFileSync(begun, text);
  renameSync(begun, whole);
  return whole;
}
