import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact } from '../types.ts';

/** Lays the user's own modules and files (`code/...` of the function part) into `folder`. */
export async function copyCode(artifact: Artifact, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path: name, source } of artifact.entries) {
    if (!name.startsWith('code/')) continue;
    const target = path.join(folder, ...name.split('/').slice(1));
    await mkdir(path.dirname(target), { recursive: true });
    if ('file' in source) await copyFile(source.file, target, constants.COPYFILE_FICLONE);
    else await writeFile(target, source.bytes);
  }
}

/** The folders on disk that an artifact's files lie in, each file at its own path below one of them. */
export function rootsOf(artifact: Artifact): string[] {
  const roots = new Set<string>();
  for (const { path: name, source } of artifact.entries) {
    if (!('file' in source)) continue;
    const tail = path.join(...name.split('/'));
    if (source.file.endsWith(path.sep + tail)) roots.add(source.file.slice(0, -tail.length - 1));
  }
  return [...roots];
}
