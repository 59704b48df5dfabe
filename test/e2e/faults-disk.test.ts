/** A full disk: a small file system of its own for the home, or for the folder of `build --out`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, bin, Lab } from './lab.ts';
import { halfMade } from './leftovers.ts';

/** A tmpfs needs root; others get a limit on the size of a file, which the system answers like a full disk. */
const mounts = process.getuid?.() === 0;
const INCOMPRESSIBLE = () => Buffer.from(Array.from({ length: 400_000 }, () => Math.floor(Math.random() * 256)));

function mount(folder: string, size: string): void {
  const ran = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'mlfn-test', folder], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`This test needs a file system of its own, and root may not mount one here: ${ran.stderr}`);
}

/** Fills the disk but for `free` bytes. */
function fill(folder: string, free = 0): string {
  const file = path.join(folder, 'filler');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - free)));
  return file;
}

describe.runIf(mounts)('on a small disk', () => {
  let folder: string;
  let lab: Lab | null;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-disk-')));
    mount(folder, '24m');
    lab = null;
  });
  afterEach(async () => {
    try {
      await lab?.close({ keep: true });
    } finally {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** A function with a file of half a megabyte beside it, so that a release takes room. */
  function large(of: Lab, version: number): string {
    of.write({ 'data.py': `VALUE = ${JSON.stringify(INCOMPRESSIBLE().toString('base64'))}\n` });
    return `${of.write({ 'app.py': `import data\ndef predict(body):\n    return {"version": ${version}, "length": len(data.VALUE)}\n` })}:predict`;
  }

  test.each([0, 60_000, 200_000, 500_000])('a deploy with %i bytes left is refused, the live release stays, and room mends it', async (free) => {
    lab = await Lab.open({ folder });
    const url = await lab.deploy(large(lab, 1));
    const model = large(lab, 2);
    const filler = fill(folder, free);
    const error = await lab.refused(['deploy', model, '--name', 'fn'], 3);
    expect(error.code).toMatch(/DISK_FULL$/);
    expect(error.hint).toMatch(/room|space/);
    expect((await ask(url)).json).toMatchObject({ version: 1 });
    expect(halfMade(lab.home).filter((name) => !/daemon\.json|claims|workers/.test(name))).toEqual([]);
    rmSync(filler);
    await lab.deploy(model);
    expect((await ask(url)).json).toMatchObject({ version: 2 });
  });

  test('a call, a log, a status and a stop do without room', async () => {
    lab = await Lab.open({ folder });
    const url = await lab.deploy(`${lab.write({ 'app.py': 'def predict(body):\n    print("a line " * 100)\n    return 1\n' })}:predict`);
    await lab.deploy(`${lab.write({ 'other.py': 'def predict(body):\n    return 2\n' })}:predict`, ['--name', 'other']);
    const filler = fill(folder);
    for (let call = 0; call < 50; call++) expect((await ask(url)).status).toBe(200);
    expect((await lab.json(['status'])).functions).toHaveLength(2);
    expect((await lab.mlfn(['logs', 'fn'])).code).toBe(0);
    expect(await lab.json(['stop'])).toEqual({ stopped: true });
    rmSync(path.join(lab.home, 'local/port.json'));
    fill(folder);
    const refused = await lab.mlfn(['invoke', 'fn', '--data', '{}']);
    expect([0, 3, 5], refused.stderr).toContain(refused.code);
    rmSync(filler);
    expect(await lab.json(['invoke', 'fn', '--data', '{}'])).toMatchObject({ status: 200 });
  });

  test('a rollback without room is refused or done, never half', async () => {
    lab = await Lab.open({ folder });
    await lab.deploy(lab.app(1));
    const url = await lab.deploy(lab.app(2));
    const filler = fill(folder);
    const ran = await lab.mlfn(['rollback', 'fn']);
    expect([0, 3, 5], ran.stderr).toContain(ran.code);
    const version = ran.code === 0 ? 1 : 2;
    expect((await ask(url)).json).toEqual({ version });
    rmSync(filler);
    expect((await lab.json(['status', 'fn'])).functions[0].live).toBe(version);
    await lab.json(['rollback', 'fn', '--to', '1']);
    expect((await ask(url)).json).toEqual({ version: 1 });
  });

  test('the very first deploy without room leaves no function', async () => {
    lab = await Lab.open({ folder });
    const model = large(lab, 1);
    const again = fill(folder, 30_000);
    expect((await lab.refused(['deploy', model, '--name', 'fn'], 3)).code).toMatch(/DISK_FULL$/);
    expect((await lab.json(['status'])).functions).toEqual([]);
    rmSync(again);
    await lab.deploy(model);
  });

  test('a folder for `build --out` without room is refused, and what was built before stays', async () => {
    lab = await Lab.open();
    const out = path.join(folder, 'out');
    const before = await lab.json(['build', lab.app(1), '--name', 'fn', '--out', out]);
    const filler = fill(folder, 8192);
    const error = await lab.refused(['build', lab.app(2), '--name', 'fn', '--out', out], 3);
    expect(error.code).toMatch(/DISK_FULL$/);
    expect(error.message).toContain(out);
    expect(readdirSync(out).sort()).toEqual(before.files.map((file: { path: string }) => file.path).sort());
    rmSync(filler);
    expect((await lab.json(['build', lab.app(2), '--name', 'fn', '--out', out])).files).toHaveLength(4);
    await lab.close();
    lab = null;
  });
});

test('a file that may not grow (ulimit -f) is a full disk: told, and the live release stays', async () => {
  const lab = await Lab.open();
  const url = await lab.deploy(lab.app(1));
  mkdirSync(path.join(lab.folder, 'out'));
  lab.write({ 'data.py': `VALUE = "${'x'.repeat(3_000_000)}"\n` });
  const model = `${lab.write({ 'app.py': 'import data\ndef predict(body):\n    return 2\n' })}:predict`;
  // 1 MB; in blocks of 512 bytes as POSIX has it, of 1024 as bash does.
  const program: [string, ...string[]] = ['sh', '-c', 'ulimit -f 2000; trap "" XFSZ; exec "$@"', 'sh', process.execPath, bin];
  const error = await lab.refused(['deploy', model, '--name', 'fn'], 3, { program });
  expect(error.code).toMatch(/DISK_FULL$/);
  expect((await ask(url)).json).toEqual({ version: 1 });
  expect(halfMade(lab.home).filter((name) => !/daemon\.json|claims|workers/.test(name))).toEqual([]);
  await lab.deploy(model);
  expect((await ask(url)).json).toBe(2);
  await lab.close();
});
