// A Google Cloud of one's own to try `--target gcp` with: node scripts/gcp-emulator.mjs. It runs until Ctrl-C and forgets everything then.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const outfile = path.join(root, 'test/fakes/gcp', `.emulator-${process.pid}.mjs`);

// Files find what lies beside them, bundled or not.
const own = {
  name: 'own-folder',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file))),
      loader: 'ts',
    })),
};
const entry = path.join(root, 'test/fakes/gcp/start.ts');
await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', plugins: [own], logLevel: 'error' });
try {
  const { startGcp } = await import(pathToFileURL(outfile).href);
  const gcp = await startGcp();
  const word = process.platform === 'win32' ? 'set' : 'export';
  console.log(`Google Cloud's fake is ready; Ctrl-C ends it. In the terminal where you use mlfn:\n`);
  for (const [name, value] of Object.entries(gcp.env)) console.log(`    ${word} ${name}=${value}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void gcp.stop().then(() => process.exit()));
} finally {
  rmSync(outfile, { force: true });
}
