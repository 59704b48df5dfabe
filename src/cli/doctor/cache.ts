import { rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sizeText } from '../../size-text.ts';
import { ensureHome } from '../home.ts';
import type { Check } from './check.ts';

/** scikit-learn with pandas is 256 MiB unpacked; wheels, tree and release stand beside each other for a while. */
const NEEDED = 1024 ** 3;

export const cache: Check = {
  name: 'folder',
  run: async ({ home }) => {
    const probe = path.join(home.root, `.doctor-${process.pid}`);
    try {
      ensureHome(home);
      await writeFile(probe, '');
      await rm(probe);
    } catch (error) {
      return [{ state: 'fail', text: (error as Error).message, mend: 'Set MLFN_HOME to a folder that you can write to.' }];
    }
    const { bavail, bsize } = await statfs(home.root);
    const free = bavail * bsize;
    const text = `${home.root}  ${sizeText(free)} free`;
    if (free >= NEEDED) return [{ state: 'ok', text }];
    const mend = `Make room: ${sizeText(NEEDED)} is enough for a scikit-learn release. ${home.cache} may be deleted.`;
    return [{ state: free < NEEDED / 8 ? 'fail' : 'warn', text, mend }];
  },
};
