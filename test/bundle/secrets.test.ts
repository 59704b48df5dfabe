/** No secret is ever packed, and those that were found are listed: what it is and where, never the text. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../../src/bundle/bundle.ts';
import type { Finding } from '../../src/types.ts';
import { failure, lockOf, makeLab, modelCard, pythonCard, writeFiles, type Lab } from './lab.ts';

const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n';
const PACKAGE = { 'app.py': 'import pkg\n', 'pkg/__init__.py': '' };

async function pack(lab: Lab, app = path.join(lab.folder, 'app.py'), more: { hooks?: string; code?: string; include?: string[] } = {}) {
  const card = app.endsWith('.py') ? pythonCard(app) : modelCard(app);
  const { function: part, findings } = await bundle(lab.ctx, { card, lock: lockOf(), dependencies: path.join(lab.root, 'dependencies'), name: 'demo', ...more });
  return { code: part.entries.map((each) => each.path).filter((name) => name.startsWith('code/')), findings };
}

const messages = (findings: Finding[], code: string) => findings.filter((each) => each.code === code).map((each) => each.message).sort();

test.each([
  '.env', '.env.production', 'prod.env', 'server.pem', 'tls.KEY', 'id_rsa', 'id_ed25519.old', '.netrc', '.npmrc', '.pypirc', 'credentials', 'credentials.json',
  'client_secret_1.json', 'service-account.json', 'serviceAccountKey.json', 'secrets.toml', 'terraform.tfstate', 'store.p12', '.pgpass', 'wallet.kdbx',
])('%s is known by its name', async (name) => {
  const lab = makeLab();
  lab.write({ ...PACKAGE, [`pkg/${name}`]: 'SECRET=hunter2' });
  const { code, findings } = await pack(lab);
  expect(code).toEqual(['code/app.py', 'code/pkg/__init__.py']);
  expect(messages(findings, 'secret-left-out')).toEqual([expect.stringContaining(`pkg/${name} is left out`)]);
});

test.each(['.git', '.aws', '.ssh', '.gnupg', '.kube', '.docker', '.azure'])('the folder %s is never entered', async (name) => {
  const lab = makeLab();
  lab.write({ ...PACKAGE, [`pkg/${name}/config`]: 'hunter2' });
  const { code, findings } = await pack(lab);
  expect(code).toEqual(['code/app.py', 'code/pkg/__init__.py']);
  expect(messages(findings, 'secret-left-out')).toEqual([expect.stringContaining(`pkg/${name} is left out`)]);
});

test.each([
  ['a private key', 'notes.txt', `one\ntwo\n${KEY}`, 3],
  ['a private key', 'key.bin', Buffer.concat([Buffer.alloc(300), Buffer.from(KEY)]), 1],
  ['a private key', 'seam.txt', Buffer.concat([Buffer.alloc((1 << 20) - 12, 'x'), Buffer.from(KEY)]), 1],
  ['a service account key', 'innocent.json', '{\n"type": "service_account",\n"private_key": "x"}', 3],
])('%s is known by its content (%s)', async (what, name, content, line) => {
  const lab = makeLab();
  lab.write({ ...PACKAGE, [`pkg/${name}`]: content });
  const { code, findings } = await pack(lab);
  expect(code).toEqual(['code/app.py', 'code/pkg/__init__.py']);
  expect(messages(findings, 'secret-left-out')).toEqual([`pkg/${name} is left out: line ${line} holds ${what}.`]);
});

test('a module that holds a key is refused, imported or named, and the key is not shown', async () => {
  const lab = makeLab();
  lab.write({ 'app.py': 'import mine\n', 'mine.py': `KEY = """\n${KEY}"""\n` });
  const error = await failure(pack(lab));
  expect(error).toMatchObject({ code: 'BUNDLE_SECRET', message: expect.stringContaining('mine.py') });
  expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('MIIE');
});

test('tokens in code are warned about by kind and line, without their text', async () => {
  const tokens = [`AKIA${'Q'.repeat(16)}`, `ghp_${'a1'.repeat(18)}`, `glpat-${'a'.repeat(20)}`, `AIza${'b'.repeat(35)}`, `hf_${'c'.repeat(34)}`, `sk_live_${'d'.repeat(24)}`, `xoxb-${'1'.repeat(12)}`];
  const lab = makeLab();
  lab.write({ 'app.py': `import os\n${tokens.map((token, index) => `T${index} = "${token}"\n`).join('')}` });
  const { code, findings } = await pack(lab);
  expect(code).toEqual(['code/app.py']);
  expect(findings.map((each) => [each.severity, each.code])).toEqual(tokens.map(() => ['warning', 'possible-secret']));
  for (const [index, token] of tokens.entries()) {
    expect(findings.some((each) => each.message.includes(`app.py:${index + 2} `))).toBe(true);
    expect(JSON.stringify(findings)).not.toContain(token);
  }
});

test('beside a model: secrets of its own folder are listed, of a repository above it not; names are as seen from the model', async () => {
  const lab = makeLab();
  writeFiles(lab.folder, { '.git/HEAD': '', '.npmrc': '//x:_authToken=1', '.env': 'A=1', 'models/heart/.env': 'B=2', 'models/heart/m.joblib': 'M', 'models/heart/hooks.py': '', 'models/id_rsa': KEY });
  const folder = path.join(lab.folder, 'models/heart');
  for (const hooks of [undefined, path.join(folder, 'hooks.py')]) {
    const { findings } = await pack(lab, path.join(folder, 'm.joblib'), hooks === undefined ? {} : { hooks });
    expect(findings).toEqual([{ severity: 'info', code: 'secret-left-out', message: '.env is left out: it may hold secrets.' }]);
  }
});

test('--code: its own secrets are listed, as seen from the model', async () => {
  const lab = makeLab();
  const model = lab.write({ 'models/m.joblib': 'M', 'lib/hooks.py': '', 'lib/prod.env': 'A=1' });
  const { findings } = await pack(lab, model, { code: 'lib', hooks: 'lib/hooks.py' });
  expect(findings.map((each) => each.message)).toEqual(['../lib/prod.env is left out: it may hold secrets.']);
});

test('links: to outside are left out, inside are followed once', async () => {
  const lab = makeLab();
  lab.write({ ...PACKAGE, 'pkg/table.txt': 'inside' });
  const outside = writeFiles(lab.root, { 'outside/passwords.txt': 'hunter2' });
  symlinkSync(outside, path.join(lab.folder, 'pkg/out.txt'));
  symlinkSync(path.dirname(outside), path.join(lab.folder, 'pkg/outdir'));
  symlinkSync('table.txt', path.join(lab.folder, 'pkg/in.txt'));
  symlinkSync('..', path.join(lab.folder, 'pkg/loop'));
  symlinkSync('gone', path.join(lab.folder, 'pkg/dead'));
  const { code, findings } = await pack(lab);
  expect(code.filter((name) => /out\.txt|outdir|passwords|dead/.test(name))).toEqual([]);
  expect(code).toEqual(expect.arrayContaining(['code/pkg/in.txt', 'code/pkg/table.txt']));
  expect(messages(findings, 'symlink-left-out')).toEqual(expect.arrayContaining([expect.stringContaining('pkg/dead'), expect.stringContaining('pkg/out.txt'), expect.stringContaining('pkg/outdir')]));
});

test('.gitignore and .mlfnignore leave files out with git rules; what was named travels all the same', async () => {
  const lab = makeLab();
  lab.write({
    ...PACKAGE,
    '.gitignore': '*.csv\nhooks.py\npkg/cache/\n',
    'pkg/.mlfnignore': '*.txt\n!keep.txt\n',
    'pkg/data.csv': '', 'pkg/a.txt': '', 'pkg/keep.txt': '', 'pkg/cache/x.json': '', 'hooks.py': '', 'm.joblib': 'M',
  });
  const { code, findings } = await pack(lab);
  expect(code).toEqual(['code/app.py', 'code/pkg/__init__.py', 'code/pkg/keep.txt']);
  expect(messages(findings, 'ignored-left-out')).toHaveLength(3);
  expect((await pack(lab, path.join(lab.folder, 'm.joblib'), { hooks: 'hooks.py' })).code).toEqual(['code/hooks.py']);
});

test('what was included travels from where it lies: ignored or a link, and no secret with it', async () => {
  const lab = makeLab();
  lab.write({ 'app.py': '', '.gitignore': 'weights/\n*.bin\n', 'words.bin': 'W', 'weights/a.bin': 'A', 'weights/deep/b.bin': 'B', 'weights/.env': 'A=1', 'weights/__pycache__/x.pyc': '' });
  const outside = writeFiles(lab.root, { 'cache/c.bin': 'C', 'elsewhere/d.bin': 'D' });
  symlinkSync(path.join(path.dirname(path.dirname(outside)), 'cache/c.bin'), path.join(lab.folder, 'weights/c.bin'));
  const include = ['words.bin', 'weights', '../elsewhere/d.bin'].map((name) => path.join(lab.folder, name));
  const { code, findings } = await pack(lab, undefined, { include });
  expect(code).toEqual(['code/app.py', 'code/d.bin', 'code/weights/a.bin', 'code/weights/c.bin', 'code/weights/deep/b.bin', 'code/words.bin']);
  expect(findings.map((each) => each.message)).toEqual(['weights/.env is left out: its name is that of a secret.']);
  lab.write({ 'key.txt': KEY });
  expect(await failure(pack(lab, undefined, { include: [path.join(lab.folder, 'key.txt')] }))).toMatchObject({ code: 'BUNDLE_SECRET' });
  expect(await failure(pack(lab, undefined, { include: [path.join(lab.folder, 'gone')] }))).toMatchObject({ code: 'BUNDLE_UNREADABLE' });
});

test('an ignored module that the code imports is a warning with what to do', async () => {
  const lab = makeLab();
  lab.write({ 'app.py': 'import local\n', 'local.py': '', '.gitignore': 'local.py\n' });
  const { code, findings } = await pack(lab);
  expect(code).toEqual(['code/app.py']);
  expect(findings).toMatchObject([{ severity: 'warning', code: 'ignored-left-out', hint: expect.stringContaining('.gitignore') }]);
});
