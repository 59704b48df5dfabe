// The tests' emulator and gate, which are TypeScript, for a script.
import path from 'node:path';
import { build } from 'esbuild';

const folder = path.join(path.dirname(path.dirname(import.meta.dirname)), 'test/aws/lab');

/** @param work a folder for the bundle */
export async function lab(work) {
  const outfile = path.join(work, 'lab.mjs');
  await build({
    stdin: { contents: "export * from './ministack.ts'; export * from './gate.ts';", resolveDir: folder },
    bundle: true, platform: 'node', format: 'esm', outfile, packages: 'external',
    define: { 'import.meta.dirname': JSON.stringify(folder) },
  });
  return import(outfile);
}
