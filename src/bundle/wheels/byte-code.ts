/** The byte code of one wheel, packed once for all packages that it will be a part of. */
import { chmod, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Context } from '../../events.ts';
import { sha256 } from '../digest.ts';
import { interrupted } from '../hash.ts';
import { writeOutput } from '../output.ts';
import { Lane, lengthOf } from '../zip-data.ts';
import type { WheelFile } from './unpack.ts';

/** Deflates every `.pyc` below `folder` into the new file `pack`, in the order of their names. */
export async function packByteCode(ctx: Context, folder: string, pack: string): Promise<WheelFile[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found.filter((each) => each.isFile() && each.name.endsWith('.pyc')).map((each) => path.relative(folder, path.join(each.parentPath, each.name)));
  const files: WheelFile[] = [];
  const lane = new Lane();
  try {
    await writeOutput(pack, async (output) => {
      for (const name of names.toSorted()) {
        if (ctx.signal.aborted) throw interrupted();
        const file = path.join(folder, name);
        const bytes = await readFile(file);
        await chmod(file, 0o444);
        const parts = await lane.whole(bytes);
        const check = parts.reduce((sum, part) => crc32(part, sum), 0);
        const deflated = { offset: output.bytes, size: lengthOf(parts), crc: crc32(bytes), check };
        await output.write(...parts);
        files.push({ path: name.split(path.sep).join('/'), mode: 0o644, sha256: sha256(bytes), size: bytes.length, deflated });
      }
    });
  } finally {
    lane.close();
  }
  return files;
}
