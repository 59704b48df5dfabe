/** What of a function's models may go, told from a listing and the records that were there after it. */
import { expect, test } from 'vitest';
import type { ObjectStore } from '../../src/providers/history.ts';
import { modelStore, pointerName, unneededModels } from '../../src/providers/models.ts';
import type { ModelPointer } from '../../src/live.ts';

const FOLDER = 'functions/heart/models/';
const digest = (letter: string) => letter.repeat(64);
const pointer = (letter: string, more: Partial<ModelPointer> = {}): ModelPointer => ({
  schema: 1, sha256: digest(letter), size: 1, file: 'm', format: 'joblib', nonce: letter, at: '2026-11-21T00:00:00Z', by: 'ada', next: null, before: null, ...more,
});
const record = (number: number, letter: string) => ({ number, artifacts: { dependencies: 'd', function: 'f', model: digest(letter) } });

/** A bucket of texts; a version is how often an object was written. */
function bucket(texts: Record<string, string>): ObjectStore & { texts: Map<string, { text: string; version: number }> } {
  const kept = new Map(Object.entries(texts).map(([key, text]) => [FOLDER + key, { text, version: 1 }]));
  return {
    texts: kept,
    codes: { broken: 'AWS_RECORD_BROKEN', newer: 'AWS_RECORD_NEWER' },
    list: async (prefix) => [...kept].filter(([key]) => key.startsWith(prefix)).map(([key, { text, version }]) => ({ key, version: String(version), size: text.length })),
    read: async (key) => kept.get(key)?.text ?? null,
    create: async (key, text) => !kept.has(key) && kept.set(key, { text, version: 1 }) !== undefined,
    replace: async (key, text, version) => {
      const there = kept.get(key);
      if (String(there?.version) !== version) return false;
      kept.set(key, { text, version: there!.version + 1 });
      return true;
    },
    remove: async (keys) => keys.forEach((key) => kept.delete(key)),
  };
}

test('models of releases, of their pointers, before and after, stay; what is not ours stays, too', async () => {
  const named = pointer('b', { next: pointer('c'), before: pointer('d') });
  const store = bucket({
    [digest('a')]: '', [digest('b')]: '', [digest('c')]: '', [digest('d')]: '', [digest('e')]: '',
    [pointerName(1)]: JSON.stringify(pointer('e')), [pointerName(2)]: JSON.stringify(named), 'notes.txt': 'mine',
  });
  const gone = await unneededModels(store, FOLDER, async () => [record(2, 'a')]);
  expect(gone.toSorted()).toEqual([digest('e'), pointerName(1)].map((key) => FOLDER + key).toSorted());
});

test('what another deploy claims and stores between the listing and the look at the records stays', async () => {
  const store = bucket({ [digest('a')]: '' });
  // Stored before the listing, claimed before that: the record was not there when somebody else began to look.
  expect(await unneededModels(store, FOLDER, async () => [record(1, 'a')])).toEqual([]);
  let asked = 0;
  const listed = store.list;
  store.list = async (prefix) => {
    asked += 1;
    return listed(prefix);
  };
  await unneededModels(store, FOLDER, async () => {
    expect(asked).toBe(1);
    return [];
  });
  expect.assertions(2);
});

test('a pointer is changed under its version, and the answer to an own write may get lost', async () => {
  const store = bucket({ [pointerName(3)]: JSON.stringify(pointer('a')) });
  const models = modelStore(store, FOLDER, async () => 0);
  const { tag } = (await models.read(3))!;
  expect(await models.write(3, pointer('b'), tag)).toBe(true);
  expect(await models.write(3, pointer('c'), tag)).toBe(false);
  expect(await models.read(3)).toMatchObject({ pointer: { nonce: 'b' } });
  const { replace } = store;
  store.replace = async (...args) => (await replace(...args), false);
  expect(await models.write(3, pointer('d'), (await models.read(3))!.tag)).toBe(true);
  expect(await models.read(4)).toBeNull();
});

test.each(['{', '{"schema": 2}', '[]', '"text"'])('a pointer that says %s is told', async (text) => {
  const models = modelStore(bucket({ [pointerName(3)]: text }), FOLDER, async () => 0);
  await expect(models.read(3)).rejects.toMatchObject({ code: 'RELOAD_BROKEN' });
});
