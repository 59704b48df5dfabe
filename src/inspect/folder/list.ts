/** The files of a model that is a folder. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileInside } from '../framework/inside.ts';
import { type Draft, refuse } from '../framework/reader.ts';

const MOST_FILES = 10_000;

export interface Listed {
  /** POSIX, relative to the folder, sorted. */
  files: string[];
  size: number;
}

/** Links and devices are findings and not in the list: a package would hold what they point to, or nothing. */
export async function listFolder(folder: string, draft: Draft): Promise<Listed> {
  const listed: Listed = { files: [], size: 0 };
  const folders = [''];
  for (let inner = folders.pop(); inner !== undefined; inner = folders.pop()) {
    for (const name of await readdir(path.join(folder, inner))) {
      const file = inner === '' ? name : `${inner}/${name}`;
      if ((await lstat(path.join(folder, file))).isDirectory()) {
        folders.push(file);
        continue;
      }
      const found = await fileInside(folder, file);
      if (found.kind === 'outside') refuse(draft, 'link', `${file} ${found.why}.`, 'Put the file itself there.');
      if (found.kind === 'file') {
        listed.files.push(found.path);
        listed.size += found.size;
      }
      if (listed.files.length + folders.length <= MOST_FILES) continue;
      refuse(draft, 'too-complex', `The folder holds more than ${MOST_FILES} files.`, 'Give the folder of the model alone.');
      return listed;
    }
  }
  listed.files.sort();
  return listed;
}
