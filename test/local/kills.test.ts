import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect } from '../../src/providers/local/objects.ts';
import { provider } from '../../src/providers/local/index.ts';
import { Lab, type PackageRequest } from './lab.ts';

async function deployElsewhere(lab: Lab, request: PackageRequest, kill: { killAt?: string; killAfterMs?: number }): Promise<string> {
  const { draft, supplies } = lab.supply('heart', request);
  const text = (part: 'dependencies' | 'function') =>
    Object.fromEntries(supplies.bundle[part].entries.map((entry) => [entry.path, Buffer.from((entry.source as { bytes: Uint8Array }).bytes).toString()]));
  const files = { dependencies: text('dependencies'), function: text('function') };
  const given = { local: lab.layout.root, draft, files, host: await supplies.host(), digests: draft.artifacts, ...kill };
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'deployer.mjs'), JSON.stringify(given)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? String(code);
}

/** Everything in the home is what the record says, and nothing else. */
async function expectTidy(lab: Lab): Promise<void> {
  await collect(lab.layout);
  const live = (await provider.observe(lab.ctx, lab.config, 'heart'))!;
  expect(live.candidates).toEqual([]);
  const named = new Set(live.releases.flatMap((release) => Object.values(release.artifacts)));
  expect(readdirSync(lab.layout.objects).sort()).toEqual([...named].sort());
  expect(readdirSync(path.join(lab.layout.functions, 'heart/releases')).map(Number).sort((a, b) => a - b)).toEqual(live.releases.map((release) => release.number));
  expect(existsSync(lab.layout.leases) ? readdirSync(lab.layout.leases) : []).toEqual([]);
  expect(readdirSync(lab.layout.claims)).toHaveLength(1);
}

const MOMENTS = ['before store', 'inside dependencies', 'after store', 'inside function', 'before publish', 'after publish', 'before verify', 'after verify', 'before switch', 'inside switch', 'after switch'];

describe('a deploy that is killed', () => {
  let lab: Lab;
  let count = 0;
  beforeAll(async () => {
    lab = new Lab();
    await lab.deploy('heart', { version: 'zero', dependencies: { 'd.py': 'zero' } });
  });
  afterAll(() => lab.close());

  test.each(MOMENTS)('%s: the live release answers, the next deploy ends it, nothing is left', async (killAt) => {
    const request = { version: killAt, dependencies: { 'd.py': killAt } };
    const before = (await provider.observe(lab.ctx, lab.config, 'heart'))!;
    expect(await deployElsewhere(lab, request, { killAt })).toBe('SIGKILL');
    const between = await lab.ask('heart', {});
    expect(between.status).toBe(200);
    const answers = killAt.endsWith('switch') ? [before.live, before.live! + 1] : [before.live];
    expect(answers).toContain(between.release);
    const { live } = await lab.deploy('heart', request);
    expect(live.live).toBe(before.live! + 1);
    expect((await lab.ask('heart', {})).json.version).toBe(killAt);
    await expectTidy(lab);
  });

  test('a candidate of other content that was left is swept', async () => {
    // After verify the daemon has a worker of it, under the number that the other one gets.
    expect(await deployElsewhere(lab, { version: 'left behind' }, { killAt: 'after verify' })).toBe('SIGKILL');
    const { live } = await lab.deploy('heart', { version: 'another' });
    expect(live.candidates).toEqual([]);
    expect((await lab.ask('heart', {})).json.version).toBe('another');
    await expectTidy(lab);
  });

  test('at any moment', async () => {
    for (let round = 0; round < 12; round++) {
      const request = { version: `round ${++count}`, dependencies: { 'd.py': `round ${count}` } };
      await deployElsewhere(lab, request, { killAfterMs: 20 + Math.random() * 400 });
      expect((await lab.ask('heart', {})).status).toBe(200);
      await lab.deploy('heart', request);
      expect((await lab.ask('heart', {})).json.version).toBe(request.version);
    }
    await expectTidy(lab);
  }, 120_000);

  test('a removal that was killed half way is finished by the next', async () => {
    const trash = path.join(lab.layout.functions, '.trash-1_616263-0');
    await lab.deploy('gone');
    mkdirSync(path.join(trash, 'releases/1'), { recursive: true });
    writeFileSync(path.join(trash, 'releases/1/release.json'), '{}');
    expect((await provider.list(lab.ctx, lab.config)).map((each) => each.name)).toEqual(['gone', 'heart']);
    await lab.run('gone', { kind: 'absent' });
    expect(readdirSync(lab.layout.functions)).toEqual(['heart']);
  });
});

test('a full disk is said to be, and nothing half made is left', async () => {
  const lab = new Lab();
  const { draft, supplies } = lab.supply('heart');
  // The kernel's own "no space left on device".
  const writeTree = async (_: unknown, folder: string): Promise<void> => {
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'part.py'), 'half');
    writeFileSync('/dev/full', 'x');
  };
  const full = { ...supplies, writeTree };
  const step = { kind: 'store', part: 'function', digest: draft.artifacts.function } as const;
  await expect(provider.apply(lab.ctx, lab.config, step, { name: 'heart', supplies: full })).rejects.toMatchObject({
    code: 'LOCAL_DISK_FULL',
    hint: expect.stringContaining('MLFN_HOME'),
  });
  expect(readdirSync(lab.layout.objects)).toEqual([]);
  await lab.deploy('heart');
  expect((await lab.ask('heart', {})).status).toBe(200);
  await lab.close();
});
