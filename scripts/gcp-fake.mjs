// The tests' fake of Google Cloud, which is TypeScript, for a script.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);

// Files find what lies beside them, bundled or not.
const own = {
  name: 'own-folder',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file))),
      loader: 'ts',
    })),
};

/** `startGcp` of test/fakes/gcp/start.ts. */
export async function loadFake() {
  const outfile = path.join(root, 'test/fakes/gcp', `.emulator-${process.pid}.mjs`);
  const entry = path.join(root, 'test/fakes/gcp/start.ts');
  try {
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', plugins: [own], logLevel: 'error' });
    return (await import(pathToFileURL(outfile).href)).startGcp;
  } finally {
    rmSync(outfile, { force: true });
  }
}
