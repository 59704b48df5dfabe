/** No request is lost: clients with kept connections call without a pause while commands change what is live. */
import { describe, expect, test } from 'vitest';
import { Load } from '../local/load.ts';
import { ask, Lab } from './lab.ts';

describe('under a load of eight clients', () => {
  test('a deploy, a rollback, a refused deploy and a delete of another lose no request', async () => {
    const lab = await Lab.open();
    const url = await lab.deploy(lab.app(1));
    await lab.deploy(lab.app('other'), ['--name', 'other']);
    const load = new Load(url, 8, '{"a": 1}');
    await load.calls(200);
    await lab.deploy(lab.app(2));
    expect((await ask(url)).json).toEqual({ version: 2 });
    await load.calls(200);
    expect(await lab.json(['rollback', 'fn'])).toMatchObject({ before: 2, live: 1 });
    expect((await ask(url)).json).toEqual({ version: 1 });
    await load.calls(200);
    await lab.refused(['deploy', `${lab.write({ 'bad.py': 'raise ValueError("no")\ndef predict(body):\n    return 1\n' })}:predict`, '--name', 'fn'], 6);
    await lab.json(['delete', 'other', '--yes']);
    await load.calls(200);
    expect(await lab.json(['rollback', 'fn', '--to', '2'])).toMatchObject({ before: 1, live: 2 });
    await load.calls(200);
    await load.end();
    expect(load.failures).toEqual([]);
    expect([...load.releases.keys()].sort()).toEqual(['1', '2']);
    for (const calls of load.releases.values()) expect(calls).toBeGreaterThan(150);
    await lab.close();
  });

  test('twelve releases one after another, the oldest pruned, lose no request', async () => {
    const lab = await Lab.open();
    const url = await lab.deploy(lab.app(0));
    const load = new Load(url, 4);
    for (let version = 1; version <= 12; version++) await lab.deploy(lab.app(version));
    await load.calls(50);
    await load.end();
    expect(load.failures).toEqual([]);
    expect((await ask(url)).json).toEqual({ version: 12 });
    expect((await lab.json(['releases', 'fn'])).releases.map(({ number }: { number: number }) => number)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    await lab.close();
  });

  test('a stop answers the calls that are at work', async () => {
    const lab = await Lab.open();
    const url = await lab.deploy(`${lab.write({ 'slow.py': 'import time\ndef predict(body):\n    time.sleep(1)\n    return body\n' })}:predict`);
    const calls = [ask(url, 1), ask(url, 2)];
    await new Promise((resolve) => setTimeout(resolve, 300));
    await lab.json(['stop']);
    expect((await Promise.all(calls)).map(({ status, json }) => [status, json])).toEqual([[200, 1], [200, 2]]);
    await lab.close();
  });
});

describe('two commands at once', () => {
  test('two deploys of the same name: two numbers, one of them live', async () => {
    const lab = await Lab.open();
    const url = await lab.deploy(lab.app(0));
    const load = new Load(url, 4);
    const one = (version: string) => {
      const model = `${lab.write({ [`${version}/app.py`]: `def predict(body):\n    return {"version": "${version}"}\n` })}:predict`;
      return lab.json<{ live: number }>(['deploy', model, '--name', 'fn']);
    };
    await Promise.all([one('left'), one('right')]);
    await load.end();
    expect(load.failures).toEqual([]);
    const { live, releases } = await lab.json(['releases', 'fn']);
    expect(releases.map(({ number }: { number: number }) => number)).toEqual([1, 2, 3]);
    expect([2, 3]).toContain(live);
    expect(['left', 'right']).toContain((await ask(url)).json.version);
    await lab.close();
  });

  test('four first deploys of four names, in a home without a daemon: one daemon', async () => {
    const lab = await Lab.open();
    const names = ['a', 'b', 'c', 'd'];
    const model = lab.app('same');
    const urls = await Promise.all(names.map((name) => lab.deploy(model, ['--name', name])));
    expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(1);
    for (const url of urls) expect((await ask(url)).json).toEqual({ version: 'same' });
    await lab.close();
  });

  test('the same deploy twice, and a delete in the middle of a deploy', async () => {
    const lab = await Lab.open();
    const model = lab.app(1);
    const twice = await Promise.all([lab.mlfn(['deploy', model, '--name', 'fn']), lab.mlfn(['deploy', model, '--name', 'fn'])]);
    expect(twice.map(({ code }) => code)).toEqual([0, 0]);
    const deploying = lab.mlfn(['deploy', lab.app(2), '--name', 'fn']);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const deleted = await lab.mlfn(['delete', 'fn', '--yes']);
    expect([0, 2, 5], deleted.stderr).toContain(deleted.code);
    const deployed = await deploying;
    expect([0, 2, 5, 6], deployed.stderr).toContain(deployed.code);
    const url = await lab.deploy(lab.app(3));
    expect((await ask(url)).json).toEqual({ version: 3 });
    await lab.close();
  });
});
