/** The linter holds the house's rules: each of them is broken here once, and must fire. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './lab.ts';

const root = path.join(import.meta.dirname, '../..');
const oxlint = path.join(root, 'node_modules/oxlint/bin/oxlint');

interface Diagnostic {
  code: string;
  message: string;
  filename: string;
}

/** Lints a project of these files with the repository's own configuration. */
function lint(files: Record<string, string>): string[] {
  const folder = temporaryFolder();
  cpSync(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  cpSync(path.join(root, 'scripts/lint'), path.join(folder, 'scripts/lint'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  let output: string;
  try {
    output = execFileSync(process.execPath, [oxlint, '--format', 'json', 'src'], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    output = (error as { stdout: string }).stdout; // oxlint ends with 1 when it found something
  }
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
  return diagnostics.map(({ code, message, filename }) => `${filename.replaceAll('\\', '/')} ${code} ${message}`);
}

const importing = (to: string) => `import { x } from '${to}';\nexport const y = x;\n`;
const stages = ['inspect', 'resolve', 'compile', 'bundle', 'oci', 'release', 'verify', 'bench'];

const forbidden = [
  ...stages.flatMap((stage) => [
    [stage, '../cli/main.ts', 'cli'],
    [stage, '../pipeline.ts', 'pipeline'],
    [stage, '../config/index.ts', 'config'],
    [stage, '../providers/local/index.ts', 'providers/local'],
    ...stages.filter((other) => other !== stage).map((other) => [stage, `../${other}/index.ts`, other]),
  ]),
  ['providers/local/daemon', '../../../inspect/index.ts', 'inspect'],
  ['providers/local', '../aws/index.ts', 'providers/aws'],
  ['providers/local', '../../pipeline.ts', 'pipeline'],
  ['providers/local', '../../config/index.ts', 'config'],
  ['config', '../inspect/index.ts', 'inspect'],
  ['config', '../pipeline.ts', 'pipeline'],
  ['config', '../cli/main.ts', 'cli'],
  ['inspect', '../../scripts/build.mjs', 'the world outside src'],
] as const;

describe('imports', () => {
  it('that are forbidden all fire', () => {
    const files = forbidden.map(([from, to], i) => [`src/${from}/file${i}.ts`, importing(to)]);
    const expected = forbidden.map(([from, , room], i) => {
      const owner = from.startsWith('providers/') ? 'providers/local' : from;
      return `src/${from}/file${i}.ts mlfn(rooms) ${owner} may not import ${room} (see ARCHITECTURE.md).`;
    });
    expect(lint(Object.fromEntries(files)).toSorted()).toEqual(expected.toSorted());
  });

  it('are seen in every form', () => {
    const found = lint({
      'src/inspect/a.ts': `
        export * from '../resolve/index.ts';
        export { a } from '../resolve/index.ts';
        export const b = () => import('../resolve/index.ts');
        export type C = typeof import('../resolve/index.ts');
        import type { D } from '../resolve/index.ts';
        export type E = D;
      `,
    });
    expect(found.filter((each) => each.includes('mlfn(rooms) inspect may not import resolve'))).toHaveLength(5);
  });

  it('of the foundation go nowhere else', () => {
    for (const file of ['types', 'errors', 'events', 'providers/provider', 'providers/history']) {
      const to = file.includes('/') ? '../inspect/index.ts' : './inspect/index.ts';
      expect(lint({ [`src/${file}.ts`]: importing(to) })).toEqual([expect.stringContaining('may not import inspect')]);
    }
  });

  it('that the house allows are left alone', () => {
    const found = lint({
      'src/verify/a.ts': `import type { B } from '../bundle/index.ts';\nimport { E } from '../errors.ts';\nexport const f = (b: B) => new E(b);\n`,
      'src/providers/local/b.ts': `import { E } from '../../errors.ts';\nimport type { P } from '../provider.ts';\nexport const f = (p: P) => new E(p);\n`,
      'src/providers/aws/h.ts': importing('../history.ts'),
      'src/providers/index.ts': `export const load = () => import('./local/index.ts');\n`,
      'src/pipeline.ts': importing('./inspect/index.ts'),
      'src/cli/commands/c.ts': importing('../../inspect/index.ts'),
      'src/config/d.ts': importing('../errors.ts'),
    });
    expect(found).toEqual([]);
  });

  it("of a cloud's packages are its provider's", () => {
    const found = lint({ 'src/providers/local/a.ts': importing('@aws-sdk/client-s3'), 'src/pipeline.ts': importing('@google-cloud/run') });
    expect(found.toSorted()).toEqual([
      'src/pipeline.ts mlfn(rooms) @google-cloud/run is for src/providers/gcp only.',
      'src/providers/local/a.ts mlfn(rooms) @aws-sdk/client-s3 is for src/providers/aws only.',
    ]);
    expect(lint({ 'src/providers/aws/a.ts': importing('@aws-sdk/client-s3') })).toEqual([]);
  });

  it('go round in no circle', () => {
    const found = lint({ 'src/inspect/a.ts': `import { b } from './b.ts';\nexport const a = () => b;\n`, 'src/inspect/b.ts': `import { a } from './a.ts';\nexport const b = () => a;\n` });
    expect(found).toContainEqual(expect.stringContaining('import(no-cycle)'));
  });
});

describe('the process and the terminal', () => {
  it('process.env and the like are for src/cli and the daemon', () => {
    const names = ['argv', 'chdir', 'cwd', 'env', 'exit', 'exitCode', 'on', 'once', 'stderr', 'stdin', 'stdout'];
    const text = (name: string) => `export const a = () => process.${name};\n`;
    const inside = (folder: string) => Object.fromEntries(names.map((name) => [`src/${folder}/${name}.ts`, text(name)]));
    expect(lint(inside('inspect')).toSorted()).toEqual(
      names.map((name) => `src/inspect/${name}.ts mlfn(ambient) process.${name} is for src/cli; stages get a Context.`).toSorted(),
    );
    expect(lint({ ...inside('cli'), ...inside('providers/local/daemon') })).toEqual([]);
  });

  it('nor by import', () => {
    expect(lint({ 'src/inspect/a.ts': `import { env } from 'node:process';\nexport const a = env;\n` })).toEqual([expect.stringContaining('mlfn(ambient)')]);
    expect(lint({ 'src/inspect/a.ts': `import p from 'node:process';\nexport const a = p.env;\n` })).toEqual([expect.stringContaining('mlfn(ambient)')]);
  });

  it('console is for src/cli', () => {
    expect(lint({ 'src/inspect/a.ts': `console.log(1);\nexport const a = 1;\n` })).toEqual([expect.stringContaining('eslint(no-console)')]);
    expect(lint({ 'src/cli/a.ts': `console.log(1);\nexport const a = 1;\n` })).toEqual([]);
  });

  it('so are the libraries that draw on it', () => {
    const names = ['chalk', 'ora', 'commander', '@clack/prompts'];
    const inside = (folder: string) => Object.fromEntries(names.map((name, i) => [`src/${folder}/file${i}.ts`, importing(name)]));
    expect(lint(inside('verify')).toSorted()).toEqual(names.map((name, i) => `src/verify/file${i}.ts mlfn(terminal) ${name} is for src/cli.`));
    expect(lint(inside('cli'))).toEqual([]);
  });
});

it('every folder of src is one that the rules know', () => {
  const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((each) => each.isDirectory() && readdirSync(path.join(root, 'src', each.name)).length > 0);
  expect([...stages, 'cli', 'config', 'errors', 'pipeline', 'providers']).toEqual(expect.arrayContaining(folders.map(({ name }) => name)));
});
