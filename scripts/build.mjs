// Compiles src/ to dist/, file by file, but the command line: dist/cli is bundled, because reading some forty small
// files takes longer than Node itself takes to start. Types are checked by `npm run typecheck`, not here.
//
// Made in a folder beside dist/ and swapped in, so that whoever uses or builds dist/ meanwhile sees a whole one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
const INPUTS = ['src', 'scripts/build.mjs', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
/** What the bundle has a copy of its own of. The rest of dist/ is shared with the rooms, so it is import()ed when used. */
const COPIED = /^(errors|size-text)\.js$|^errors\/|^providers\/index\.js$/;
/** Packages that go into the bundle. The others stay imports: they are loaded when used. */
const BUNDLED = ['chalk', 'commander'];

/** Does nothing when dist/ was made of the same inputs. */
export async function build() {
  const inputs = digestOf(INPUTS);
  if (stampOf(dist) === inputs) return 'up to date';
  const made = mkdtempSync(path.join(root, '.dist-'));
  chmodSync(made, 0o755);
  try {
    compile(made);
    await bundleCli(made);
    writeFileSync(path.join(made, '.inputs'), inputs);
    swap(made, inputs);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return 'built';
}

function compile(outDir) {
  const require = createRequire(import.meta.url);
  const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', outDir];
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** CommonJS: what it loads of Node's own modules is then loaded when used, and no loader of ES modules is started. */
async function bundleCli(made) {
  const cli = path.join(made, 'cli');
  const sources = path.join(made, '.cli');
  renameSync(cli, sources);
  const outfile = path.join(cli, 'start.cjs');
  await bundle({
    entryPoints: [path.join(sources, 'start.js')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    define: { 'import.meta.dirname': '__dirname' },
    plugins: [{ name: 'edges', setup: (esbuild) => edges(esbuild, made, sources) }],
    logLevel: 'warning',
  });
  rmSync(sources, { recursive: true });
  const licences = BUNDLED.map((name) => `${name}\n\n${readFileSync(licenceOf(name), 'utf8')}`);
  writeFileSync(path.join(cli, 'LICENSES.txt'), licences.join('\n----\n\n'));
  writeFileSync(path.join(cli, 'help.txt'), helpOf(outfile));
}

/** As it is printed where there is no terminal, which is for 80 columns. bin/mlfn.js shows it without loading the rest. */
function helpOf(start) {
  const script = `require(${JSON.stringify(start)}).start()`;
  return execFileSync(process.execPath, ['-e', script, '--', 'mlfn', '--help'], { stdio: ['ignore', 'pipe', 'inherit'] });
}

function edges(esbuild, made, sources) {
  esbuild.onResolve({ filter: /.*/ }, (asked) => edge(asked, made, sources));
  esbuild.onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }));
}

/** What is import()ed from outside the command line stays a file of its own, one level above the flat dist/cli. */
function edge({ path: asked, importer, kind }, made, sources) {
  // commander's is for subcommands that are programs of their own, which there are none of; it takes 3 ms to load.
  if (asked === 'node:child_process' && importer.includes('commander')) return { path: asked, namespace: 'none' };
  if (asked.startsWith('node:') || kind === 'entry-point' || !importer.startsWith(made)) return undefined;
  if (!asked.startsWith('.')) return BUNDLED.includes(asked) ? undefined : { path: asked, external: true };
  const file = path.resolve(path.dirname(importer), asked);
  if (file.startsWith(sources + path.sep)) return undefined;
  const inside = path.relative(made, file).split(path.sep).join('/');
  if (kind === 'dynamic-import') return { path: `../${inside}`, external: true };
  if (COPIED.test(inside)) return undefined;
  return { errors: [{ text: `${inside} would be there twice: import() it when it is used.` }] };
}

function licenceOf(name) {
  const folder = path.join(root, 'node_modules', name);
  const file = readdirSync(folder).find((each) => /^licen[sc]e/i.test(each));
  if (file === undefined) throw new Error(`${name} has no licence file to ship.`);
  return path.join(folder, file);
}

/**
 * Two renames, so that a dist/ is missing for microseconds only. Another build may be at the same point: whoever comes
 * second finds the same inputs and leaves it.
 */
function swap(made, inputs) {
  const old = `${made}-old`;
  for (let attempt = 0; stampOf(dist) !== inputs; attempt++) {
    try {
      renameSync(dist, old);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      renameSync(made, dist);
    } catch (error) {
      if (attempt === 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

function stampOf(folder) {
  try {
    return readFileSync(path.join(folder, '.inputs'), 'utf8');
  } catch {
    return null;
  }
}

function digestOf(inputs) {
  const hash = createHash('sha256').update(process.version);
  for (const input of inputs) {
    const whole = path.join(root, input);
    const files = input.includes('.')
      ? [whole]
      : readdirSync(whole, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.join(entry.parentPath, entry.name))
          .sort();
    for (const file of files) hash.update(`${path.relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await build());
