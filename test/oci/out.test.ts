/** Where an image cannot be written: said at once, before anything is made, and nothing is left there. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { assertWritable } from '../../src/oci/index.ts';
import { withTemporary } from '../../src/bundle/temporary.ts';
import { Lab as CommandLab } from '../e2e/lab.ts';
import { failure } from '../failure.ts';
import { makeLab } from './lab.ts';

// On Windows these are folders like others.
const closed = process.platform === 'win32' ? [] : ['/proc/nope/deep/heart.tar', '/proc/heart.tar', '/dev/null', '/dev/null/heart.tar'];

test.each([...closed, 'file/heart.tar', 'file/deep/heart.tar', 'folder', `${'a'.repeat(300)}.tar`])('%s', async (name) => {
  const lab = makeLab();
  writeFileSync(path.join(lab.folder, 'file'), 'mine');
  writeFileSync(path.join(lab.folder, 'other'), '');
  const target = path.resolve(lab.folder, name === 'folder' ? '.' : name);
  expect(await failure(assertWritable(target))).toMatchObject({ code: 'OCI_UNWRITABLE', kind: 'config', message: expect.stringContaining(target) });
  expect(readdirSync(lab.folder).toSorted()).toEqual(['file', 'other']);
  expect(readFileSync(path.join(lab.folder, 'file'), 'utf8')).toBe('mine');
});

test('what can be written stays as it is, and folders that were not there are not there yet', async () => {
  const lab = makeLab();
  const file = path.join(lab.folder, 'heart.tar');
  writeFileSync(file, 'before');
  await assertWritable(file);
  await assertWritable(path.join(lab.folder, 'a/b/c/heart.tar'));
  expect([readdirSync(lab.folder), readFileSync(file, 'utf8')]).toEqual([['heart.tar'], 'before']);
});

test.skipIf(process.platform === 'win32')('the package of a build, too, comes to an end below /proc', async () => {
  const made = withTemporary(makeLab().ctx, '/proc/nope/package', 1, async () => undefined);
  expect(await failure(made)).toMatchObject({ code: 'BUNDLE_UNWRITABLE', message: expect.stringContaining('/proc/nope/package') });
});

test('mlfn image says so before it asks what the model needs', async () => {
  const lab = new CommandLab();
  try {
    const model = path.resolve(import.meta.dirname, '../../examples/heart-disease/model.joblib');
    writeFileSync(path.join(lab.folder, 'file'), '');
    const ran = await lab.mlfn(['image', model, '-o', 'file/heart.tar']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('[OCI_UNWRITABLE]');
    expect(ran.stderr).not.toMatch(/scikit-learn|lock|base/);
    expect(existsSync(path.join(lab.home, 'cache', 'locks'))).toBe(false);
  } finally {
    await lab.close();
  }
});
