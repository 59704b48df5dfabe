/** What `mlfn build` writes, and what it leaves as it is. */
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { build } from '../../src/bundle/build.ts';
import type { Bundle } from '../../src/types.ts';
import { artifactOf, lockOf, makeLab, readByPython, rowsOf, sha256 } from './lab.ts';

test('a zip of the same files is left as it is; one that was changed, lost or is of other files is written', async () => {
  const lab = makeLab();
  const out = path.join(lab.root, 'out');
  const part = (which: 'dependencies' | 'function', text: string) => {
    const artifact = artifactOf([['a', Buffer.from(text)]], which);
    return { ...artifact, digest: sha256(`${which} ${text}`) };
  };
  const made = (dependencies: string, model: string) => ({
    bundle: { dependencies: part('dependencies', dependencies), function: part('function', model), modelDigest: '', findings: [], fetched: null } as Bundle,
    lock: lockOf(),
  });
  const zips = ['dependencies.zip', 'function.zip'].map((name) => path.join(out, name));
  const places = () => zips.map((zip) => statSync(zip).ino);
  const first = await build(lab.ctx, made('numpy', 'one'), out);
  const before = places();
  expect(await build(lab.ctx, made('numpy', 'one'), out)).toEqual(first);
  expect(places()).toEqual(before);
  const second = await build(lab.ctx, made('numpy', 'two'), out);
  expect(places()[0]).toBe(before[0]);
  expect(second.files[0]).toEqual(first.files[0]);
  expect(readByPython(zips[1] ?? '').rows).toEqual(rowsOf(made('numpy', 'two').bundle.function));
  const harms = [() => appendFileSync(zips[0] ?? '', 'x'), () => rmSync(zips[0] ?? ''), () => writeFileSync(path.join(out, 'manifest.json'), '[{"dependencies": 1'), () => writeFileSync(path.join(out, 'manifest.json'), 'null')];
  for (const harm of harms) {
    harm();
    expect(await build(lab.ctx, made('numpy', 'two'), out)).toEqual(second);
    for (const file of second.files) expect(sha256(readFileSync(path.join(out, file.path)))).toBe(file.sha256);
  }
});
