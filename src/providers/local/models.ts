/** Models of a release that is given others: in its own folder, so that they go with it. */
import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelPointer } from '../../live.ts';
import { firstPointer, pointerName } from '../models.ts';
import type { ModelStore } from '../provider.ts';
import { isMissing, writeJson } from './files.ts';
import { functionFolder, type Layout } from './layout.ts';
import { readLive, releaseFolder } from './records.ts';
import type { ReleaseRecord } from './records.ts';

export function modelsFolder(layout: Layout, name: string, number: number): string {
  return path.join(releaseFolder(functionFolder(layout, name), number), 'models');
}

/** Of the release that is live: another one's worker would look into a folder of its own. */
export async function models(layout: Layout, name: string): Promise<ModelStore> {
  const live = (await readLive(functionFolder(layout, name)))?.number ?? 0;
  const pointerOf = (number: number) => path.join(modelsFolder(layout, name, number), pointerName(number));
  return {
    send: (model) => keepModel(modelsFolder(layout, name, live), model),
    read: (number) => readPointer(pointerOf(number)),
    write: async (number, pointer, tag) => {
      if ((await readPointer(pointerOf(number)))?.tag !== tag) return false;
      await writeJson(pointerOf(number), pointer);
      return true;
    },
  };
}

/** The release's own model and the pointer to it, before its first worker starts; what is there stays. */
export async function keepFirst(layout: Layout, record: Pick<ReleaseRecord, 'function' | 'number'>, draft: Parameters<typeof firstPointer>[0], file: string): Promise<void> {
  const pointer = firstPointer(draft);
  if (pointer === null) return;
  const folder = modelsFolder(layout, record.function, record.number);
  await keepModel(folder, { ...pointer, file });
  const target = path.join(folder, pointerName(record.number));
  if ((await readPointer(target)) === null) await writeJson(target, pointer);
}

/** @returns bytes copied; a file system that can shares the blocks */
async function keepModel(folder: string, { file, sha256, size }: { file: string; sha256: string; size: number }): Promise<number> {
  const target = path.join(folder, sha256);
  if (await stat(target).then((found) => found.size === size, () => false)) return 0;
  await mkdir(folder, { recursive: true });
  const beside = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    await copyFile(file, beside, constants.COPYFILE_FICLONE);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  return size;
}

async function readPointer(file: string): ReturnType<ModelStore['read']> {
  try {
    const text = await readFile(file, 'utf8');
    return { pointer: JSON.parse(text) as ModelPointer, tag: createHash('sha256').update(text).digest('hex') };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
