/**
 * The shelf of wheels: each one unpacked, checked and compiled once for a Python, whatever it is a part of later. What is in it
 * also lies deflated, as the wheel has it (its byte code: as we pack it), so that no package compresses it again.
 *
 *   cache/wheels/SHA256.whl             as the index has it
 *   cache/wheels/SHA256-cp312/rows      what it installs, a line for each file
 *                             files/    the same, read-only
 *                             byte-code the deflated byte code, one stream behind the other
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Context } from '../../events.ts';
import type { Wheel, Wheels } from '../../resolve/wheels.ts';
import type { Entry } from '../../types.ts';
import { withTemporary } from '../temporary.ts';
import { packByteCode } from './byte-code.ts';
import { UnusualWheel } from './members.ts';
import { unpack, type WheelFile } from './unpack.ts';

const END = 'mlfn wheel 1';
const BYTE_CODE = 'byte-code';
/** The wheel itself, or what was compiled from it. */
type Pack = 'wheel' | typeof BYTE_CODE;

export interface ShelvedFile extends WheelFile {
  pack: Pack;
}

/** A wheel on the shelf. */
export interface Shelved {
  /** In `cache/wheels`. */
  name: string;
  files: ShelvedFile[];
}

export function shelfOf(ctx: Context): string {
  return path.join(ctx.home.cache, 'wheels');
}

/** Null where only an installer can tell what the wheel means. @throws BUNDLE_DISK_FULL | INTERRUPTED */
export async function shelve(ctx: Context, wheel: Wheel, byteCode: Wheels['byteCode']): Promise<Shelved | null> {
  const name = `${wheel.sha256}-${byteCode?.tag ?? 'sources'}`;
  const folder = path.join(shelfOf(ctx), name);
  const known = await readRows(folder);
  if (known !== null) return { name, files: known };
  const { size } = await stat(wheel.file);
  // Garbage of thousands of small files: V8 would let it grow by 25 MB before it looks. What is known already is read faster without.
  setFlagsFromString('--semi-space-growth-factor=1');
  try {
    return await withTemporary(ctx, folder, 5 * size, async (temporary) => {
      const files = await fill(ctx, wheel, byteCode, temporary);
      // Of two at once the first one's is the same.
      await rename(temporary, folder).catch(async (error: unknown) => {
        if ((await readRows(folder)) === null) throw error;
      });
      return { name, files };
    });
  } catch (error) {
    if (error instanceof UnusualWheel || isDamage(error)) return null;
    throw error;
  }
}

async function fill(ctx: Context, wheel: Wheel, byteCode: Wheels['byteCode'], folder: string): Promise<ShelvedFile[]> {
  const below = path.join(folder, 'files');
  await mkdir(below, { recursive: true });
  const files = (await unpack(ctx, wheel.file, below)).map((file): ShelvedFile => ({ ...file, pack: 'wheel' }));
  if (byteCode !== null) {
    await byteCode.compile(below);
    const compiled = await packByteCode(ctx, below, path.join(folder, BYTE_CODE));
    const own = new Set(compiled.map((file) => file.path));
    files.splice(0, files.length, ...files.filter((file) => !own.has(file.path)));
    files.push(...compiled.map((file): ShelvedFile => ({ ...file, pack: BYTE_CODE })));
  }
  await writeFile(path.join(folder, 'rows'), [...files.map(lineOf), END].join('\n'));
  return files;
}

/** What zlib says about bytes that are no deflate stream of the size that is told. */
function isDamage(error: unknown): boolean {
  return /^(Z_|ERR_BUFFER_TOO_LARGE$)/.test((error as NodeJS.ErrnoException).code ?? '');
}

/** An artifact's entry for a file on the shelf. No path.join(): of thousands of clean names it takes longer than all the rest. */
export function entryOf(shelf: string, name: string, file: ShelvedFile): Entry {
  const { path: place, mode, sha256, size, deflated, pack } = file;
  const folder = shelf + path.sep + name;
  const source = { file: `${folder}${path.sep}files${path.sep}${path.sep === '/' ? place : place.replaceAll('/', path.sep)}` };
  if (deflated === null) return { path: place, mode, sha256, size, source };
  const packed = pack === 'wheel' ? `${shelf}${path.sep}${name.slice(0, 64)}.whl` : folder + path.sep + BYTE_CODE;
  return { path: place, mode, sha256, size, source: { ...source, deflated: { file: packed, ...deflated } } };
}

export function lineOf({ path: place, mode, sha256, size, deflated, pack }: ShelvedFile): string {
  const where = deflated === null ? [] : [pack, deflated.offset, deflated.size, deflated.crc, deflated.check];
  return [sha256, size, mode.toString(8), place, ...where].join('\t');
}

export function parseLine(line: string): ShelvedFile {
  const [sha256 = '', size, mode, place = '', pack, offset, packedSize, crc, check] = line.split('\t');
  const deflated = pack === undefined ? null : { offset: Number(offset), size: Number(packedSize), crc: Number(crc), check: Number(check) };
  return { path: place, mode: mode === '755' ? 0o755 : 0o644, sha256, size: Number(size), deflated, pack: pack === BYTE_CODE ? BYTE_CODE : 'wheel' };
}

async function readRows(folder: string): Promise<ShelvedFile[] | null> {
  const lines = (await readFile(path.join(folder, 'rows'), 'utf8').catch(() => '')).split('\n');
  return lines.pop() === END ? lines.map(parseLine) : null;
}
