/** A model that is a folder: what it is, a file of a fixed name inside it says. */
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import type { Card } from '../../card.ts';
import { viewOfFile } from '../bytes/view.ts';
import { frameworkCard } from '../framework/card.ts';
import { fileInside } from '../framework/inside.ts';
import { refuse } from '../framework/reader.ts';
import { type InspectInner, MLMODEL, mlflowCard } from '../mlflow/folder.ts';
import { readSavedModel } from '../tensorflow/saved-model.ts';
import { listFolder } from './list.ts';

const GRAPH = 'saved_model.pb';

/** @param inspectInner reads the model inside an MLflow folder. @throws MODEL_NOT_A_FILE, MODEL_FORMAT, MODEL_DAMAGED, MODEL_UNSAFE */
export async function folderCard(ctx: Context, folder: string, inspectInner: InspectInner): Promise<Card> {
  if (await isThere(folder, GRAPH)) return savedModelCard(ctx, folder);
  if (await isThere(folder, MLMODEL)) return mlflowCard(folder, inspectInner);
  throw new MlfnError('MODEL_NOT_A_FILE', `${folder} is a folder, and no model that is one: it holds neither ${GRAPH} nor ${MLMODEL}.`, {
    hint: 'Give the path of the model file itself.',
    details: { path: folder },
  });
}

async function isThere(folder: string, name: string): Promise<boolean> {
  const found = await stat(path.join(folder, name)).catch(() => null);
  return found?.isFile() === true;
}

async function savedModelCard(ctx: Context, folder: string): Promise<Card> {
  const begins = { format: 'saved-model', framework: { name: 'tensorflow', version: null } } as const;
  const about = { path: folder, size: 0 };
  return frameworkCard(about, begins, async (draft) => {
    const { files, size } = await listFolder(folder, draft);
    draft.files = files;
    about.size = size;
    if ((await fileInside(folder, GRAPH)).kind !== 'file') return;
    const handle = await open(path.join(folder, GRAPH), 'r');
    try {
      await readSavedModel(viewOfFile(handle, (await handle.stat()).size, ctx.signal), draft);
    } finally {
      await handle.close();
    }
    if (!files.includes('variables/variables.index')) refuse(draft, 'missing-file', 'variables/variables.index is not there: the graph is without what it learned.', 'Copy the whole folder.');
  });
}
