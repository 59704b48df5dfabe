/** inspect: a path -> Card. Reads the file and executes nothing of it. */
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Card } from '../card.ts';
import { viewOfFile } from './bytes/view.ts';
import { compressionOf, HEAD_BYTES, isFramedPickle, isZip, otherFormat } from './formats.ts';
import type { Compression } from './decompress/index.ts';
import type { OpenFile } from './framework/reader.ts';
import { inspectModel } from './model-file.ts';
import { inspectPython, pythonTarget } from './python-artifact.ts';

export { assertSafe, isNetwork, isServed } from './safe.ts';

/**
 * `file` is a model file, or `module.py:attribute`; `code` a folder in which to look for classes of the user's own.
 * What is wrong with the model becomes findings; only a file that is no model at all is an error.
 * @throws MODEL_NOT_FOUND, MODEL_NOT_A_FILE, MODEL_UNREADABLE, MODEL_EMPTY, MODEL_FORMAT, MODEL_NO_ATTRIBUTE, and of an
 * archive or folder that cannot be looked over MODEL_DAMAGED, MODEL_UNSAFE
 */
export async function inspect(ctx: Context, file: string, options: { code?: string }): Promise<Card> {
  const target = pythonTarget(file);
  if (target !== null) return inspectPython(ctx, target);
  const whole = path.resolve(ctx.cwd, file);
  if (await isFolder(whole)) {
    const { folderCard } = await import('./folder/card.ts');
    return folderCard(ctx, whole, (inner, code) => inspect(ctx, inner, { code: options.code ?? code }));
  }
  const handle = await openModel(whole);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    await handle.read(head, 0, head.length, 0);
    if (size === 0) {
      throw new MlfnError('MODEL_EMPTY', `${whole} is empty.`, { hint: 'Save the model again.', details: { path: whole } });
    }
    const compression = compressionOf(head);
    if (compression === 'none' && !isFramedPickle(head)) {
      const card = await frameworkCardOf({ file: handle, path: whole, size, view: viewOfFile(handle, size, ctx.signal), signal: ctx.signal }, head);
      if (card !== null) return card;
      refuseOthers(whole, head);
    }
    const { card, pickle } = await inspectModel(ctx, { file: handle, path: whole, size, compression }, options.code);
    if (!pickle) throw noModel(whole, head, compression);
    return card;
  } finally {
    await handle.close();
  }
}

/** Each of these reads a dozen formats: they are loaded where there is such a file. */
async function frameworkCardOf(model: OpenFile, head: Buffer): Promise<Card | null> {
  if (isZip(head)) return (await import('./archive/card.ts')).archiveCard(model);
  return (await import('./framework/readers.ts')).readerCard(model, head);
}

async function isFolder(whole: string): Promise<boolean> {
  return (await stat(whole).catch(() => null))?.isDirectory() === true;
}

async function openModel(whole: string): Promise<Awaited<ReturnType<typeof open>>> {
  const handle = await open(whole, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw new MlfnError('MODEL_NOT_FOUND', `There is no file ${whole}.`, { hint: 'Give the path of a model file, or FILE.py:function.', details: { path: whole } });
    }
    throw new MlfnError('MODEL_UNREADABLE', `${whole} cannot be read: ${error.code ?? error.message}.`, { hint: 'Mend the permissions of the file.', details: { path: whole }, cause: error });
  });
  const found = await handle.stat();
  if (found.isFile()) return handle;
  await handle.close();
  throw notAFile(whole);
}

function notAFile(whole: string): MlfnError {
  return new MlfnError('MODEL_NOT_A_FILE', `${whole} is a device, not a model file.`, { hint: 'Give the path of the model file itself.', details: { path: whole } });
}

function refuseOthers(whole: string, head: Buffer): void {
  const other = otherFormat(head);
  if (other === null) return;
  throw new MlfnError('MODEL_FORMAT', `${path.basename(whole)} looks like ${other.name}, which mlfn does not read.`, {
    hint: other.hint,
    details: { path: whole, looksLike: other.name },
  });
}

function noModel(whole: string, head: Buffer, compression: Compression): MlfnError {
  const packed = `it is compressed with ${compression}, and what is inside is no pickle`;
  const start = head.subarray(0, 8);
  const text = head.toString('latin1', 0, 24);
  const begins = /^[ -~]+/.exec(text)?.[0] ?? '';
  const told = begins.length >= 8 ? `the text ${JSON.stringify(begins)}` : `the bytes ${start.toString('hex')}`;
  return new MlfnError('MODEL_FORMAT', `${path.basename(whole)} is no model file that mlfn knows: ${compression === 'none' ? `it begins with ${told}` : packed}.`, {
    hint: compression === 'none' ? 'Give a model file of a format in docs/models.md, or FILE.py:function.' : 'Decompress it and give the model file inside.',
    details: { path: whole },
  });
}
