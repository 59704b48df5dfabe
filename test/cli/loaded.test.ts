/** What a command loads: no local command pays for a cloud, and help pays for nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bin, run, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const hooks = path.join(cwd, 'hooks.mjs');
const watch = path.join(cwd, 'watch.cjs');
const seen = path.join(cwd, 'seen.txt');
writeFileSync(
  hooks,
  `import { appendFileSync } from 'node:fs';
   export async function load(url, context, next) { appendFileSync(${JSON.stringify(seen)}, url + '\\n'); return next(url, context); }`,
);
// What was import()ed the hooks see, what was required is in the cache.
writeFileSync(
  watch,
  `require('node:module').register(${JSON.stringify(pathToFileURL(hooks).href)});
   const { pathToFileURL } = require('node:url');
   const urls = () => Object.keys(require.cache).map((file) => pathToFileURL(file).href);
   process.on('exit', () => require('node:fs').appendFileSync(${JSON.stringify(seen)}, urls().join('\\n') + '\\n'));`,
);

/** Packages and files of ours that a command line loads. */
async function loadedBy(...argv: string[]): Promise<string[]> {
  writeFileSync(seen, '');
  await run(argv, { cwd, program: [process.execPath, '--require', watch, bin] });
  const urls = readFileSync(seen, 'utf8').split('\n').filter((url) => url.startsWith('file:') && !url.startsWith(pathToFileURL(cwd).href));
  const names = urls.map((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? /.*\/((?:bin|dist)\/.*|package\.json)/.exec(url)?.[1] ?? url);
  return [...new Set(names)].toSorted();
}

describe('loading', () => {
  it('of what the build knows takes nothing', async () => {
    expect(await loadedBy('--version')).toEqual(['bin/mlfn.js', 'package.json']);
    expect(await loadedBy('--help')).toEqual(['bin/mlfn.js']);
  });

  it.each([[['help']], [['deploy', '--help']], [['dploy']]])('%j takes the command line, no package and no other file', async (argv) => {
    expect(await loadedBy(...argv)).toEqual(['bin/mlfn.js', 'dist/cli/start.cjs']);
  });

  it.each([
    [['status']],
    [['releases', 'heart']],
    [['invoke', 'heart', '--data', '{}']],
    [['logs', 'heart']],
    [['rollback', 'heart']],
    [['delete', 'heart', '--yes']],
    [['stop']],
    [['doctor']],
    [['inspect', hooks]],
    [['deploy', hooks]],
    [['build', hooks]],
    [['build', hooks, '--target', 'aws']],
    [['build', hooks, '--target', 'gcp']],
    [['init', '--yes']],
  ])('%j takes no SDK of a cloud, and nothing that draws', async (argv) => {
    const loaded = await loadedBy(...argv);
    expect(loaded.length).toBeGreaterThan(4);
    expect(loaded.filter((name) => /@aws|@smithy|@google|gax|proxy-agent|^ora$|@clack|\/acting-/.test(name))).toEqual([]);
  });
});
