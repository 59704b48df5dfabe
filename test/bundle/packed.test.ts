/** Serving code as byte code, imported by a real Python from what is laid down. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packed } from '../../src/bundle/packed.ts';
import { servingCode } from '../../src/bundle/serving.ts';
import { writeTree } from '../../src/bundle/tree.ts';
import type { Entry } from '../../src/types.ts';
import { python } from '../python.ts';
import { makeLab } from './lab.ts';

const minor = execFileSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' }).trim();
const served = { python: minor, interpreter: python };

/** Which modules of ours the first answer of a function imports from elsewhere than the zip. */
const ASK = `
import json, sys
sys.path.insert(0, sys.argv[1])
from mlfn_serve.entry import handler
event = {"version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": {"content-type": "application/json"},
         "requestContext": {"http": {"method": "POST", "path": "/"}}, "body": "[1, 2]", "isBase64Encoded": False}
answer = handler(event, None)
own = [module for name, module in sys.modules.items() if name.startswith("mlfn_serve")]
print(json.dumps([answer["body"], sorted(module.__name__ for module in own if "code.zip" not in module.__file__), len(own)]))
`;

const bytes = (path: string, text: string): Entry => ({ path, mode: 0o644, sha256: '', size: text.length, source: { bytes: Buffer.from(text) } });

test('what a start imports comes from the zip, and answers', async () => {
  const lab = makeLab();
  const entries = await packed(lab.ctx, await servingCode(lab.ctx, 'lambda', { engine: 'python' }, { apart: false, data: false }), served);
  const settings = { schema: 1, name: 'sum', artifact: { kind: 'python', module: 'app', attribute: 'predict' }, hooks: null, main: {} };
  const own = [bytes('settings.json', JSON.stringify(settings)), bytes('code/app.py', 'def predict(body):\n    return sum(body)\n')];
  const artifact = { part: 'function' as const, entries: [...entries, ...own], digest: 'd', size: 1 };
  await writeTree(lab.ctx, artifact, `${lab.root}/package`);
  const told = JSON.parse(execFileSync(python, ['-I', '-S', '-B', '-c', ASK, `${lab.root}/package`], { encoding: 'utf8', env: {} })) as [string, string[], number];
  expect(told[0]).toBe('3');
  expect(told[1]).toEqual(['mlfn_serve']);
  expect(told[2]).toBeGreaterThan(8);
});

test('the same sources are the same bytes in any cache, and no module goes twice', async () => {
  const made = [];
  for (const lab of [makeLab(), makeLab()]) made.push(await packed(lab.ctx, await servingCode(lab.ctx, 'lambda', { engine: 'plain', format: 'plain', modules: ['chain', 'linear', 'flat', 'kinds'] }, { apart: false, data: false }), served));
  const [one = [], two = []] = made.map((entries) => entries.map(({ path, sha256 }) => [path, sha256]));
  expect(one).toEqual(two);
  expect(one.map(([path]) => path)).not.toContain('mlfn_serve/start.py');
  expect(one.map(([path]) => path)).toContain('mlfn_serve/openapi.py');
});

test('for a Python that this machine has not, sources go', async () => {
  const lab = makeLab();
  const sources = await servingCode(lab.ctx, 'lambda', { engine: 'python' }, { apart: false, data: false });
  expect(await packed(lab.ctx, sources, { ...served, python: '3.99' })).toEqual(sources);
});

test('a trace names the file and the line of what failed', async () => {
  const lab = makeLab();
  const entries = await packed(lab.ctx, await servingCode(lab.ctx, 'lambda', { engine: 'python' }, { apart: false, data: false }), served);
  await writeTree(lab.ctx, { part: 'function', entries, digest: 'd', size: 1 }, `${lab.root}/package`);
  const code = `import sys, traceback\nsys.path.insert(0, ${JSON.stringify(`${lab.root}/package`)})\ntry:\n    import mlfn_serve.entry\nexcept Exception:\n    print(traceback.format_exc())`;
  expect(execFileSync(python, ['-I', '-S', '-B', '-c', code], { encoding: 'utf8', env: {} })).toMatch(/File "mlfn_serve\/start\.py", line \d+, in start/);
  expect(readFileSync(`${lab.root}/package/mlfn_serve/__init__.py`, 'utf8')).toContain('code.zip');
});
