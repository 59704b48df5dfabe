/** What a command loads: no local command pays for a cloud, and help pays for nothing. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bin, run, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const hooks = path.join(cwd, 'hooks.mjs');
const register = path.join(cwd, 'register.mjs');
const seen = path.join(cwd, 'seen.txt');
writeFileSync(
  hooks,
  `import { appendFileSync } from 'node:fs';
   export async function load(url, context, next) { appendFileSync(${JSON.stringify(seen)}, url + '\\n'); return next(url, context); }`,
);
writeFileSync(register, `import { register } from 'node:module'; register(${JSON.stringify(`file://${hooks}`)});`);

/** Packages and files of dist that a command line loads. */
async function loadedBy(...argv: string[]): Promise<string[]> {
  writeFileSync(seen, '');
  await run(argv, { cwd, program: [process.execPath, '--import', `file://${register}`, bin] });
  const { readFileSync } = await import('node:fs');
  const urls = readFileSync(seen, 'utf8').split('\n').filter((url) => url.startsWith('file:') && !url.startsWith(`file://${cwd}`));
  const packages = urls.map((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? /.*\/(dist\/.*)/.exec(url)?.[1] ?? 'bin');
  return [...new Set(packages)].toSorted();
}

describe('loading', () => {
  it.each([[['--version']], [['--help']], [['deploy', '--help']], [['dploy']]])('%j takes three files of ours and no package', async (argv) => {
    expect(await loadedBy(...argv)).toEqual(['bin', 'dist/cli/start.js', 'dist/errors.js', 'dist/providers/index.js']);
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
    [['init', '--yes']],
  ])('%j takes nothing of AWS or Google, and nothing that draws', async (argv) => {
    const loaded = await loadedBy(...argv);
    expect(loaded.length).toBeGreaterThan(4);
    expect(loaded.filter((name) => /aws|smithy|google|gax|^ora$|@clack/.test(name))).toEqual([]);
  });
});
