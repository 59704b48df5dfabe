// What the tests run against, which is TypeScript, for a script.
import path from 'node:path';
import { build } from 'esbuild';

const folder = path.join(path.dirname(path.dirname(import.meta.dirname)), 'test/aws/lab');

/**
 * @param work a folder for the bundle
 * @param names of files of test/aws/lab
 */
export async function lab(work, names = ['ministack', 'gate']) {
  const outfile = path.join(work, 'lab.mjs');
  await build({
    stdin: { contents: names.map((name) => `export * from './${name}.ts';`).join('\n'), resolveDir: folder },
    bundle: true, platform: 'node', format: 'esm', outfile, packages: 'external',
    define: { 'import.meta.dirname': JSON.stringify(folder) },
  });
  return import(outfile);
}
