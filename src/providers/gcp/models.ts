/** A function's models in the bucket, below its own name, and what points to them. */
import { modelStore, pointFirst, unneededModels } from '../models.ts';
import type { ModelStore, ReleaseDraft } from '../provider.ts';
import { modelsPrefix } from './names.ts';
import type { Session } from './session.ts';
import { removeKeys } from './storage/listing.ts';
import { putObject } from './storage/objects.ts';
import type { ReleaseRecord } from './storage/records.ts';
import { storeOf } from './storage/store.ts';

export function models(session: Session, name: string): ModelStore {
  return modelStore(storeOf(session), modelsPrefix(name), (model) => sendModel(session, name, model));
}

/** @returns bytes sent */
export async function sendModel(session: Session, name: string, model: Parameters<ModelStore['send']>[0]): Promise<number> {
  return (await putObject(session, { key: modelsPrefix(name) + model.sha256, what: 'the model', ...model })).sent;
}

export function pointModel(session: Session, name: string, number: number, draft: ReleaseDraft): Promise<void> {
  return pointFirst(storeOf(session), modelsPrefix(name), number, draft);
}

/** What none of the function's releases needs. */
export async function collectModels(session: Session, name: string, records: () => Promise<ReleaseRecord[]>): Promise<void> {
  const unneeded = await unneededModels(storeOf(session), modelsPrefix(name), records);
  await removeKeys(session, unneeded.map((key) => ({ key })));
}
