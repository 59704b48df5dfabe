/** The package as npm would publish it, installed elsewhere for a user who never saw this repository. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { python } from '../python.ts';
import { temporaryFolder } from './lab.ts';

const root = path.join(import.meta.dirname, '../..');
const shell = process.platform === 'win32';
const folder = temporaryFolder();
const home = path.join(folder, 'home');
const project = path.join(folder, 'project');
mkdirSync(home);
mkdirSync(project);

// npm's own settings and cache are the machine's, everything else of the user is new.
const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8', shell, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const settings = execFileSync('npm', ['config', 'get', 'userconfig'], { encoding: 'utf8', shell, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const env = { ...process.env, HOME: home, USERPROFILE: home, npm_config_cache: cache, npm_config_userconfig: settings, MLFN_HOME: undefined };
const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, env, encoding: 'utf8', shell, stdio: ['ignore', 'pipe', 'pipe'] });
const mlfn = (...args: string[]) =>
  execFileSync(path.join(project, 'node_modules/.bin', process.platform === 'win32' ? 'mlfn.cmd' : 'mlfn'), args, { cwd: project, env, encoding: 'utf8', shell });

let packed: { filename: string; files: { path: string; mode: number }[] };
beforeAll(() => {
  packed = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root))[0];
  writeFileSync(path.join(project, 'package.json'), '{"private": true}');
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', path.join(folder, packed.filename)], project);
});

describe('npm pack', () => {
  it('holds what runs and nothing else', () => {
    const names = packed.files.map((file) => file.path);
    expect(names).toEqual(expect.arrayContaining(['bin/mlfn.js', 'bin/package.json', 'dist/cli/start.cjs', 'dist/cli/help.txt', 'dist/pipeline.js', 'docs/errors.md', 'docs/mlfn.schema.json', 'LICENSE', 'package.json']));
    const templates = readdirSync(path.join(root, 'templates/python'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py') && !name.startsWith('tests'));
    expect(names).toEqual(expect.arrayContaining(templates.map((name) => `templates/python/${name.replaceAll('\\', '/')}`)));
    expect(names.filter((name) => /__pycache__|\.pyc$|\/tests\/|\.inputs|\.map$|\.ts$|^(src|test|examples|bench|scripts)\//.test(name))).toEqual([]);
    expect(packed.files.find((file) => file.path === 'bin/mlfn.js')?.mode).toBe(0o755);
  });

  it('brings no build tool along', () => {
    const installed = readdirSync(path.join(project, 'node_modules'));
    expect(installed).toContain('mlfn');
    expect(installed.filter((name) => /^(esbuild|typescript|vitest|oxlint|knip|commander)$/.test(name))).toEqual([]);
  });

  it('runs elsewhere', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    expect(mlfn('--version')).toBe(`${version}\n`);
    const model = path.join(project, 'model.pkl');
    execFileSync(python, ['-c', `import pickle, sys; from sklearn.linear_model import Ridge; pickle.dump(Ridge().fit([[1.0], [2.0]], [1.0, 2.0]), open(sys.argv[1], 'wb'))`, model]);
    copyFileSync(model, path.join(project, 'other.bin'));
    expect(JSON.parse(mlfn('inspect', 'other.bin', '--json'))).toMatchObject({ kind: 'model', format: 'pickle', safe: true, framework: { name: 'scikit-learn' } });
    expect(JSON.parse(mlfn('init', '--yes', '--json'))).toMatchObject({ settings: { model: 'model.pkl' } });
    expect(readFileSync(path.join(project, 'mlfn.yaml'), 'utf8')).toContain('# yaml-language-server: $schema=node_modules/mlfn/docs/mlfn.schema.json\n');
  });
});
