/** kill -9 of a deploy at each of its steps, and of the daemon under load: the next command mends it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Load } from '../local/load.ts';
import { ask, Lab, until } from './lab.ts';
import { halfMade, processesOf } from './leftovers.ts';
import { stepsOf, withSignal } from './steps.ts';

/** The steps of a deploy that stand for all: those that finish something or start a process. All with MLFN_EVERY_STEP=1. */
function telling(steps: string[]): number[] {
  const chosen = steps.map((line, index) => ({ line, step: index + 1 })).filter(({ line }) => {
    if (process.env['MLFN_EVERY_STEP'] !== undefined) return true;
    return /^(rename|rm|spawn|rmdir) /.test(line) ? !line.includes('/mlfn_serve/') : line.endsWith('/wsgi.py');
  });
  return chosen.map(({ step }) => step);
}

function daemonOf(lab: Lab): { pid: number; port: number } {
  return JSON.parse(readFileSync(path.join(lab.home, 'local/daemon.json'), 'utf8'));
}

test('a deploy killed at any step leaves the live release answering, and the next deploy leaves nothing of it', async () => {
  const lab = await Lab.open();
  const sample = lab.write({ 'sample.json': '{"a": 1}' });
  let live: string | number = 'first';
  const url = await lab.deploy(lab.app(live), ['--sample', sample]);
  const listed = ['deploy', lab.app('listed'), '--name', 'fn', '--sample', sample];
  const steps = await stepsOf(lab, listed);
  live = 'listed';
  expect(steps.length).toBeGreaterThan(60);
  let killed = 0;
  for (const step of telling(steps)) {
    const args = ['deploy', lab.app(step), '--name', 'fn', '--sample', sample];
    const ran = await lab.mlfn(args, { env: withSignal(step, 'SIGKILL') });
    if (ran.signal === 'SIGKILL') killed += 1;
    const answer = await ask(url);
    expect(answer.status, `killed at ${step}: ${steps[step - 1]}`).toBe(200);
    expect([live, step]).toContain(answer.json.version);
    live = answer.json.version;
  }
  expect(killed).toBeGreaterThan(10);
  await lab.deploy(lab.app('last'), ['--sample', sample]);
  expect((await ask(url)).json).toEqual({ version: 'last' });
  await lab.close();
}, 900_000);

test('a deploy killed again and again goes on with its own candidate and number', async () => {
  const lab = await Lab.open();
  const sample = lab.write({ 'sample.json': '{"a": 1}' });
  const url = await lab.deploy(lab.app(1), ['--sample', sample]);
  const steps = await stepsOf(lab, ['deploy', lab.app(2), '--name', 'fn', '--sample', sample]);
  const late = steps.findIndex((line) => /^rename .*verified\.json/.test(line)) + 1;
  expect(late).toBeGreaterThan(0);
  const again = ['deploy', lab.app(3), '--name', 'fn', '--sample', sample];
  expect(await lab.mlfn(again, { env: withSignal(late, 'SIGKILL') })).toMatchObject({ signal: 'SIGKILL' });
  const { functions } = await lab.json(['status', 'fn']);
  expect(functions[0]).toMatchObject({ live: 2, candidates: [{ number: 3, abandoned: true }] });
  expect(await lab.json(again)).toMatchObject({ live: 3, before: 2 });
  expect((await ask(url)).json).toEqual({ version: 3 });
  await lab.close();
});

test('the very first deploy, killed at any step, is no function, and is mended', async () => {
  const lab = await Lab.open();
  const other = await Lab.open();
  const steps = await stepsOf(other, ['deploy', other.app(1), '--name', 'fn']);
  await other.close();
  const ends = steps.flatMap((line, index) => (/^(rename|rm|spawn) /.test(line) && !line.includes('/mlfn_serve/') ? [index + 1] : []));
  expect(ends.length).toBeGreaterThan(10);
  const args = ['deploy', lab.app(1), '--name', 'fn'];
  for (const step of ends) {
    const { signal } = await lab.mlfn(args, { env: withSignal(step, 'SIGKILL') });
    if (signal === null) break; // what an earlier one left was taken up, so that there are fewer steps
    expect((await lab.json(['status'])).functions).toEqual([]);
  }
  expect((await ask(await lab.deploy(lab.app(1)))).json).toEqual({ version: 1 });
  await lab.close();
}, 300_000);

test('a killed deploy is mended by whatever changes something next: a deploy of another, a rollback, a delete, a stop', async () => {
  const lab = await Lab.open();
  const url = await lab.deploy(lab.app(1));
  const steps = await stepsOf(lab, ['deploy', lab.app(2), '--name', 'fn']);
  const published = steps.findIndex((line) => /^rm .*leases/.test(line)) + 1;
  const tidy = () => halfMade(lab.home).filter((name) => !/daemon\.json|claims|workers/.test(name));
  const killed = async (version: number) => {
    const ran = await lab.mlfn(['deploy', lab.app(version), '--name', 'fn'], { env: withSignal(published, 'SIGKILL') });
    expect(ran).toMatchObject({ signal: 'SIGKILL' });
    expect(tidy()).not.toEqual([]);
  };
  await killed(3);
  await lab.json(['deploy', lab.app(2), '--name', 'fn']); // up to date
  expect(tidy()).toEqual([]);
  await killed(4);
  await lab.json(['rollback', 'fn']);
  expect(tidy()).toEqual([]);
  await killed(5);
  await lab.json(['deploy', lab.app(1), '--name', 'other']);
  expect(tidy()).toEqual([]);
  await killed(6);
  await lab.json(['delete', 'other', '--yes']);
  expect(tidy()).toEqual([]);
  await killed(7);
  await lab.json(['stop']);
  expect(halfMade(lab.home)).toEqual([]);
  expect(await lab.json(['invoke', 'fn', '--data', '{}'])).toMatchObject({ release: 1, body: { version: 1 } });
  expect((await ask(url)).status).toBe(200);
  await lab.close();
});

test('a delete killed at any step is mended by the same delete, which has nothing to name any more', async () => {
  const lab = await Lab.open();
  await lab.json(['deploy', lab.app(1), '--name', 'other']);
  const args = ['delete', 'fn', '--yes'];
  await lab.deploy(lab.app(2));
  const steps = await stepsOf(lab, args);
  expect(steps.length).toBeGreaterThan(5);
  let refused = 0;
  for (let step = 1; step <= steps.length; step++) {
    await lab.deploy(lab.app(2));
    await lab.mlfn(args, { env: withSignal(step, 'SIGKILL') });
    const again = await lab.mlfn([...args, '--json']);
    if (again.code !== 0) {
      refused += 1;
      expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([2, 'FUNCTION_UNKNOWN']);
    }
    expect(halfMade(lab.home).filter((name) => !/daemon\.json|claims|workers/.test(name)), `killed at ${step}: ${steps[step - 1]}`).toEqual([]);
    expect((await lab.json(['status'])).functions).toMatchObject([{ name: 'other' }]);
  }
  expect(refused).toBeGreaterThan(2);
  await lab.close();
}, 300_000);

test('kill -9 of the daemon under load: the next command brings it back on the same port with the same release', async () => {
  const lab = await Lab.open();
  await lab.deploy(lab.app(1));
  const url = await lab.deploy(lab.app(2));
  const load = new Load(url, 4);
  await load.calls(50);
  const daemon = daemonOf(lab);
  process.kill(daemon.pid, 'SIGKILL');
  await until(() => load.failures.length > 0);
  await load.end();
  expect(load.failures.join('\n')).toMatch(/ECONNRE(SET|FUSED)/);
  expect(await lab.json(['invoke', 'fn', '--data', '{}'])).toMatchObject({ status: 200, release: 2, body: { version: 2 } });
  expect(daemonOf(lab)).toMatchObject({ port: daemon.port });
  expect(daemonOf(lab).pid).not.toBe(daemon.pid);
  expect((await ask(url)).json).toEqual({ version: 2 });
  // The killed one's workers have gone by themselves: of this lab there are the new daemon and its worker.
  expect(processesOf(lab.folder).filter((line) => line.includes(String(daemon.pid)))).toEqual([]);
  expect(await lab.json(['rollback', 'fn'])).toMatchObject({ live: 1 });
  await lab.close();
});

test('stop after kill -9 of the daemon leaves nothing', async () => {
  const lab = await Lab.open();
  const url = await lab.deploy(lab.app(1));
  await ask(url);
  process.kill(daemonOf(lab).pid, 'SIGKILL');
  await until(() => processesOf(lab.folder).length === 0);
  expect(halfMade(lab.home)).not.toEqual([]);
  await lab.close();
});

test.each(['deploy', 'rollback', 'status'])('kill -9 of the daemon in the middle of `%s`: told or mended, never a half state', async (what) => {
  const lab = await Lab.open();
  await lab.deploy(lab.app(1));
  await lab.deploy(lab.app(2));
  const args = { deploy: ['deploy', lab.app(3), '--name', 'fn'], rollback: ['rollback', 'fn', '--to', '1'], status: ['status'] }[what]!;
  for (const delay of [0, 150, 400, 700]) {
    const running = lab.begin(args);
    await new Promise((resolve) => setTimeout(resolve, delay));
    const { pid } = daemonOf(lab);
    process.kill(pid, 'SIGKILL');
    const ran = await running.done;
    expect([0, 5, 6], ran.stderr).toContain(ran.code);
    const { functions } = await lab.json(['status', 'fn']);
    expect((await lab.json(['invoke', 'fn', '--data', '{}'])).release).toBe(functions[0].live);
  }
  if (what !== 'status') expect(await lab.mlfn(args)).toMatchObject({ code: 0 });
  await lab.close();
});

test('a file that mlfn keeps is damaged: what can be made again is, and the rest is told', async () => {
  const lab = await Lab.open();
  const url = await lab.deploy(lab.app(1));
  rmSync(path.join(lab.home, 'cache'), { recursive: true });
  expect((await ask(url)).json).toEqual({ version: 1 });
  await lab.json(['stop']);
  expect(existsSync(path.join(lab.home, 'local/daemon.json'))).toBe(false);
  lab.write({ 'home/local/daemon.json': '{"pid": ', 'home/local/port.json': '' });
  expect(await lab.json(['invoke', 'fn', '--data', '{}'])).toMatchObject({ release: 1 });
  // A daemon that is not known by its file any more is known by its claim.
  rmSync(path.join(lab.home, 'local/daemon.json'));
  expect(await lab.json(['stop'])).toEqual({ stopped: true });
  await lab.close();
});
