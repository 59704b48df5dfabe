/** Every command that README, docs and the examples' pages show is run as it is written there. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examples, names } from '../examples/expected.ts';
import { commandsOf, words } from '../examples/readme.ts';
import { python } from '../python.ts';
import { Lab } from './lab.ts';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

let lab: Lab;
let folder: string;
beforeAll(() => {
  lab = new Lab({ engine: 'auto' });
  folder = path.join(lab.folder, 'reader');
  mkdirSync(folder);
  for (const file of ['model.joblib', 'payload.json']) cpSync(path.join(examples, 'heart-disease', file), path.join(folder, file));
  const retrain = 'import joblib; m = joblib.load("model.joblib"); m[-1].intercept_ += 0.5; joblib.dump(m, "model-v2.joblib")';
  execFileSync(python, ['-c', retrain], { cwd: folder });
});
afterAll(() => lab.close());

describe('README.md', () => {
  const blocks = [...read('README.md').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body = '']) => body.trim().split('\n'));
  const lines = blocks.flat();

  test('shows the commands of a first hour', () => {
    const commands = new Set(lines.map((line) => words(line)[0]));
    expect([...commands].toSorted()).toEqual(['deploy', 'inspect', 'invoke', 'releases', 'rollback']);
  });

  test.each(lines)('%s', async (line) => {
    const ran = await lab.mlfn(words(line), { cwd: folder });
    expect(ran.code, ran.stderr).toBe(0);
  });

  test('after which the endpoint is what the page says', async () => {
    // deploy, deploy of a second model, rollback: the first is live again.
    expect(await lab.json(['status', 'heart'])).toMatchObject({ functions: [{ name: 'heart', live: 1 }] });
  });

  test('mlfn init, and then plain deploy', async () => {
    const own = path.join(lab.folder, 'plain');
    mkdirSync(own);
    for (const file of ['model.joblib', 'payload.json']) cpSync(path.join(folder, file), path.join(own, file));
    for (const args of [['init', '--yes'], ['deploy'], ['invoke', '--payload', 'payload.json']]) {
      const ran = await lab.mlfn(args, { cwd: own });
      expect(ran.code, ran.stderr).toBe(0);
    }
  });
});

describe('docs/updating.md', () => {
  const blocks = [...read('docs/updating.md').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body = '']) => body.trim().split('\n'));
  const own = () => {
    const made = path.join(lab.folder, 'updating');
    cpSync(folder, made, { recursive: true });
    return made;
  };

  test('shows both ways', () => expect(blocks.length).toBe(2));

  // One after another, as a reader does it.
  test.each(blocks.flat())('%s', async (line) => {
    const ran = await lab.mlfn(words(line), { cwd: own() });
    expect(ran.code, ran.stderr).toBe(0);
    if (line.includes('reload heart --model')) expect(ran.stdout).toContain('serves model-v2.joblib');
    if (line.startsWith('mlfn status')) expect(ran.stdout).toMatch(/^serves model-v2\.joblib [0-9a-f]{8} since /m);
  });
});

describe('docs/bench.md', () => {
  const blocks = [...read('docs/bench.md').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body = '']) => body.trim().split('\n'));

  test('shows each scenario, and sizes', () => {
    expect(blocks.flat().filter((line) => line.startsWith('mlfn bench')).length).toBe(6);
  });

  test.each(blocks.flat())('%s', async (line) => {
    const ran = await lab.mlfn(words(line), { cwd: folder });
    expect(ran.code, ran.stderr).toBe(0);
    if (line.includes('--html')) expect(readFileSync(path.join(folder, 'ramp.html'), 'utf8')).toContain('<h2>Throughput</h2>');
    if (line.includes('--memory')) expect(ran.stdout).toMatch(/^4 users +512 MB/m);
  });
});

describe('docs/data.md', () => {
  const block = (kind: string) => [...read('docs/data.md').matchAll(new RegExp(`^\`\`\`${kind}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, body = '']) => body).join('');
  const own = () => {
    const made = path.join(lab.folder, 'data');
    mkdirSync(path.join(made, 'patients/validation'), { recursive: true });
    cpSync(path.join(folder, 'model.joblib'), path.join(made, 'model.joblib'));
    writeFileSync(path.join(made, 'mlfn.yaml'), block('yaml'));
    writeFileSync(path.join(made, 'patients/validation/june.csv'), block('csv'));
    writeFileSync(path.join(made, 'june.json'), /^`june\.json` is `(.*?)`/m.exec(read('docs/data.md'))?.[1] ?? '');
    return made;
  };

  test.each(block('sh').trim().split('\n'))('%s', async (line) => {
    const ran = await lab.mlfn(words(line), { cwd: own() });
    expect(ran.code, ran.stderr).toBe(0);
    if (line.includes('invoke')) expect((JSON.parse(ran.stdout) as { predictions: unknown[] }).predictions).toHaveLength(2);
  });
});

describe('commands named in the text', () => {
  const docs = readdirSync(path.join(root, 'docs')).filter((file) => file.endsWith('.md'));
  const pages = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', ...docs.map((file) => `docs/${file}`)];
  const named = pages.flatMap((page) => [...read(page).matchAll(/`mlfn ([^`]+)`/g)].map(([, rest = '']) => rest));

  // Shown by their help: what they do is shown above and in the tests of each command.
  test.each([...new Set(named)].toSorted())('mlfn %s', async (rest) => {
    const [command = '', ...args] = words(`mlfn ${rest}`);
    const help = await lab.mlfn(command === 'help' ? ['help', ...args] : ['help', command]);
    expect(help.code, help.stderr).toBe(0);
    for (const flag of args.filter((word) => word.startsWith('--'))) expect(help.stdout).toContain(flag);
  });

  test('every npm script that is named exists', () => {
    const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
    const asked = pages.flatMap((page) => [...read(page).matchAll(/npm (?:run )?(test(?::\w+)?|[a-z:]*[a-z])\b/g)].map(([, name = '']) => name));
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !['ci', 'install'].includes(name) && scripts[name] === undefined)).toEqual([]);
  });
});

// Those of networks: test/nets.
describe.each(names)('examples/%s/README.md', (name) => {
  test.each(commandsOf(name))('%s', async (line) => {
    const copy = path.join(lab.folder, 'examples', name);
    cpSync(path.join(examples, name), copy, { recursive: true, force: false });
    if (line.trim().startsWith('python ')) {
      execFileSync(python, words(line), { cwd: copy, stdio: 'pipe' });
    } else {
      const ran = await lab.mlfn(words(line), { cwd: copy });
      expect(ran.code, ran.stderr).toBe(0);
    }
  });
});
