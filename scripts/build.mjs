// Bundles src/ to dist/: a file for each door that the command line import()s, what they share beside them, and the command
// line itself. Reading some hundred small files, and resolving what they import, takes longer than most commands do.
// Types are checked by `npm run typecheck`, not here.
//
// Made in a folder beside dist/ and swapped in, so that whoever uses or builds dist/ meanwhile sees a whole one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
const src = path.join(root, 'src');
const INPUTS = ['src', 'scripts/build.mjs', 'package.json', 'package-lock.json'];
/** What the command line has a copy of its own of. The rest is shared with the rooms, so it is import()ed when used. */
const COPIED = /^(errors|size-text)\.ts$|^errors\/|^providers\/index\.ts$/;
/** Packages that are bundled: pure, and small files by the dozen. The others stay imports: they are loaded when used. */
const BUNDLED = { cli: ['chalk', 'commander'], rooms: ['@renovatebot/pep440', 'ignore', 'smol-toml', 'tinyexec', 'yaml', 'zod'] };
/** Run as a program of its own. */
const DAEMON = 'providers/local/daemon/main.ts';
const SHARED = { bundle: true, platform: 'node', target: 'node20.19', logLevel: 'warning' };

/** Does nothing when dist/ was made of the same inputs. */
export async function build() {
  const inputs = digestOf(INPUTS);
  if (stampOf(dist) === inputs) return 'up to date';
  const made = mkdtempSync(path.join(root, '.dist-'));
  chmodSync(made, 0o755);
  try {
    const doors = await bundleCli(made);
    await bundleRooms(made, [...doors, DAEMON]);
    writeFileSync(path.join(made, 'LICENSES.txt'), licences());
    writeFileSync(path.join(made, '.inputs'), inputs);
    swap(made, inputs);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return 'built';
}

/**
 * CommonJS: what it loads of Node's own modules is then loaded when used, and no loader of ES modules is started.
 * @returns what it import()s of src/
 */
async function bundleCli(made) {
  const doors = new Set();
  const outfile = path.join(made, 'cli/start.cjs');
  await bundle({
    ...SHARED,
    entryPoints: [path.join(src, 'cli/start.ts')],
    outfile,
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    plugins: [{ name: 'edges', setup: (esbuild) => edges(esbuild, doors) }],
  });
  writeFileSync(path.join(made, 'cli/help.txt'), helpOf(outfile));
  return doors;
}

async function bundleRooms(made, doors) {
  const { metafile } = await bundle({
    ...SHARED,
    metafile: true,
    entryPoints: doors.map((door) => path.join(src, door)),
    outbase: src,
    outdir: made,
    format: 'esm',
    splitting: true,
    chunkNames: 'shared/[name]-[hash]',
    // Of Node's own modules some packages are CommonJS still.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    plugins: [{ name: 'packages', setup: (esbuild) => esbuild.onResolve({ filter: /^[^./]/ }, external) }],
  });
  const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0));
  const language = bundled.find((input) => /zod\/v4\/locales\/(?!en\.)/.test(input));
  if (language !== undefined) throw new Error(`${language} is bundled, and loaded by every command: import * as z from 'zod'.`);
}

/** As it is printed where there is no terminal, which is for 80 columns. bin/mlfn.js shows it without loading the rest. */
function helpOf(start) {
  const script = `require(${JSON.stringify(start)}).start()`;
  return execFileSync(process.execPath, ['-e', script, '--', 'mlfn', '--help'], { stdio: ['ignore', 'pipe', 'inherit'] });
}

function external({ path: asked, importer }) {
  return BUNDLED.rooms.includes(asked) || importer.includes('node_modules') ? undefined : { path: asked, external: true };
}

function edges(esbuild, doors) {
  esbuild.onResolve({ filter: /.*/ }, (asked) => edge(asked, doors));
  esbuild.onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }));
}

/** What is import()ed from outside the command line stays a file of its own, one level above the flat dist/cli. */
function edge({ path: asked, importer, kind }, doors) {
  // commander's is for subcommands that are programs of their own, which there are none of; it takes 3 ms to load.
  if (asked === 'node:child_process' && importer.includes('commander')) return { path: asked, namespace: 'none' };
  if (asked.startsWith('node:') || kind === 'entry-point' || !importer.startsWith(src)) return undefined;
  if (!asked.startsWith('.')) return BUNDLED.cli.includes(asked) ? undefined : { path: asked, external: true };
  const inside = path.relative(src, path.resolve(path.dirname(importer), asked)).split(path.sep).join('/');
  if (inside.startsWith('cli/')) return undefined;
  if (kind === 'dynamic-import') {
    doors.add(inside);
    return { path: `../${inside.replace(/\.ts$/, '.js')}`, external: true };
  }
  if (COPIED.test(inside)) return undefined;
  return { errors: [{ text: `${inside} would be there twice: import() it when it is used.` }] };
}

function licences() {
  const names = Object.values(BUNDLED).flat();
  return names.map((name) => `${name}\n\n${readFileSync(licenceOf(name), 'utf8')}`).join('\n----\n\n');
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
