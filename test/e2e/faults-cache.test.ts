/** kill -9 while the cache is filled for the first time, and in `mlfn build`: the next run ends it and leaves nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ask, Lab, until } from './lab.ts';
import { halfMade, processesOf } from './leftovers.ts';
import { stepsOf, withSignal } from './steps.ts';
import { linkTree, REQUIREMENT, warmUv, warmUvCache } from './warm.ts';

const REST = /daemon\.json|claims|workers/;

test('of a deploy that brings uv, resolves, installs and makes the runtime client', async () => {
  const source = 'def predict(body):\n    return __import__("iniconfig").__name__\n';
  const uv = await warmUv();
  const env = { UV_CACHE_DIR: await warmUvCache(), UV_OFFLINE: '1' };
  const open = async () => {
    const lab = new Lab();
    lab.write({ 'app.py': source, 'requirements.txt': `${REQUIREMENT}\n` });
    linkTree(uv, path.join(lab.home, 'cache/uv'));
    return lab;
  };
  const listing = await open();
  Object.assign(listing.env, env);
  const steps = await stepsOf(listing, ['deploy', 'app.py:predict', '--name', 'fn']);
  await listing.close();
  const cache = steps.flatMap((line, index) => (/\/cache\/|^spawn /.test(line) && /^(rename|spawn|rmdir) /.test(line) && !line.includes('probe.py') ? [index + 1] : []));
  expect(cache.length).toBeGreaterThan(10);
  const lab = await open();
  Object.assign(lab.env, env);
  let killed = 0;
  for (const step of cache) {
    const ran = await lab.mlfn(['deploy', 'app.py:predict', '--name', 'fn'], { env: withSignal(step, 'SIGKILL') });
    if (ran.signal === 'SIGKILL') killed += 1;
    else break; // what the killed ones finished is not done again
  }
  expect(killed).toBeGreaterThan(3);
  const url = await lab.deploy('app.py:predict');
  expect((await ask(url)).json).toBe('iniconfig');
  expect(halfMade(lab.home).filter((name) => !REST.test(name))).toEqual([]);
  await lab.close();
});

test('of a deploy that brings uv by pip', async () => {
  const lab = new Lab();
  lab.write({ 'app.py': 'def predict(body):\n    return 1\n' });
  lab.env['PATH'] = process.env['PATH']!.split(path.delimiter).filter((folder) => !existsSync(path.join(folder, 'uv'))).join(path.delimiter);
  const running = lab.begin(['deploy', 'app.py:predict', '--name', 'fn']);
  const building = path.join(lab.home, 'cache/uv');
  await until(() => processesOf(lab.folder).some((line) => line.includes('pip install') || line.includes('-m venv')) || running.child.exitCode !== null);
  running.child.kill('SIGKILL');
  expect((await running.done).signal).toBe('SIGKILL');
  expect(readdirSync(building).filter((name) => name.startsWith('.')).length).toBe(1);
  await until(() => processesOf(lab.folder).length === 0);
  // The network was asked often enough: what it would bring again is there.
  linkTree(await warmUv(), building);
  Object.assign(lab.env, { UV_CACHE_DIR: await warmUvCache(), UV_OFFLINE: '1' });
  expect((await ask(await lab.deploy('app.py:predict'))).json).toBe(1);
  expect(readdirSync(building).filter((name) => name.startsWith('.'))).toEqual([]);
  await lab.close();
});

test('of a build: the files of the last build stay whole', async () => {
  const lab = await Lab.open();
  const out = path.join(lab.folder, 'out');
  const args = (version: number) => ['build', lab.app(version), '--name', 'fn', '--out', out];
  await lab.json(args(0));
  const steps = await stepsOf(lab, args(1)); // with the cache as the next ones find it
  const writes = steps.flatMap((line, index) => (line.includes(out) ? [index + 1] : []));
  expect(writes.length).toBeGreaterThan(3);
  for (const step of writes) {
    expect(await lab.mlfn(args(step + 1), { env: withSignal(step, 'SIGKILL') })).toMatchObject({ signal: 'SIGKILL' });
    expect(() => void JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8'))).not.toThrow();
  }
  const built = await lab.json(args(100));
  expect(readdirSync(out).sort()).toEqual(built.files.map((file: { path: string }) => file.path).sort());
  await lab.close();
});
