/** Models that lie beside a package: where a release's worker finds its own, and which other one it is told to serve. */
import { randomBytes } from 'node:crypto';
import { MlfnError } from '../errors.ts';
import type { ModelPointer } from '../live.ts';
import type { ObjectStore, ReleaseRecord } from './history.ts';
import type { ModelStore, ReleaseDraft } from './provider.ts';

/** Read by templates/python/mlfn_serve/fetch.py and reload.py. */
const MODEL_VARIABLE = 'MLFN_MODEL';
const SIZE_VARIABLE = 'MLFN_MODEL_SIZE';
const POINTER_VARIABLE = 'MLFN_MODEL_POINTER';
const RELOAD_VARIABLE = 'MLFN_RELOAD';
export const MODEL_VARIABLES = [MODEL_VARIABLE, SIZE_VARIABLE, POINTER_VARIABLE, RELOAD_VARIABLE] as const;

/** What else lies beside the models is somebody else's. */
const OURS = /^([0-9a-f]{64}|release-\d{6,}\.json)$/;

/** Of the pointer, beside the models. Six digits, as a release's record has. */
export function pointerName(number: number): string {
  return `release-${String(number).padStart(6, '0')}.json`;
}

/** What the worker of a release is told. `folder` is a URI that ends with a slash. */
export function modelVariables(folder: string, draft: ReleaseDraft, number: number): Record<string, string> {
  const { artifacts, sizes, settings } = draft;
  if (artifacts.model === undefined) return {};
  // Not the size of the user's file: what it was compiled to lies beside the package.
  const own = { [MODEL_VARIABLE]: folder + artifacts.model, [SIZE_VARIABLE]: String(sizes.model) };
  if (settings.reload === undefined) return own;
  return { ...own, [POINTER_VARIABLE]: folder + pointerName(number), [RELOAD_VARIABLE]: String(settings.reload) };
}

/** The release's own model; null where it is never told to serve another. */
export function firstPointer({ artifacts, model, settings, by }: ReleaseDraft): ModelPointer | null {
  if (artifacts.model === undefined || settings.reload === undefined) return null;
  const { file, size, format } = model;
  return { schema: 1, sha256: artifacts.model, size, file, format: format ?? 'pickle', nonce: newNonce(), at: new Date().toISOString(), by, next: null, before: null };
}

/** Models in a bucket below `folder`, which ends with a slash. */
export function modelStore(store: ObjectStore, folder: string, send: ModelStore['send']): ModelStore {
  const read = async (number: number) => {
    const key = folder + pointerName(number);
    const found = (await store.list(key)).find((each) => each.key === key);
    const text = found === undefined ? null : await store.read(key, found.version);
    return text === null || found === undefined ? null : { pointer: parsed(key, text), tag: found.version };
  };
  return {
    send,
    read,
    write: async (number, pointer, tag) => {
      if (await store.replace(folder + pointerName(number), textOf(pointer), tag)) return true;
      // The answer to our own write may have got lost.
      return (await read(number))?.pointer.nonce === pointer.nonce;
    },
  };
}

/** A worker of the release reads it when it starts; what is there already stays. */
export async function pointFirst(store: ObjectStore, folder: string, number: number, draft: ReleaseDraft): Promise<void> {
  const pointer = firstPointer(draft);
  if (pointer !== null) await store.create(folder + pointerName(number), textOf(pointer));
}

/**
 * Keys below `folder` of models and pointers that none of the function's releases needs.
 * @param records asked after the listing: who stores a model has claimed its release before
 */
export async function unneededModels(store: ObjectStore, folder: string, records: () => Promise<Pick<ReleaseRecord, 'number' | 'artifacts'>[]>): Promise<string[]> {
  const listed = await store.list(folder);
  if (listed.length === 0) return [];
  const kept = await records();
  const pointers = new Set(kept.map(({ number }) => folder + pointerName(number)));
  const needed = new Set(kept.map(({ artifacts }) => folder + (artifacts.model ?? '')));
  for (const { key, version } of listed.filter((each) => pointers.has(each.key))) {
    const text = await store.read(key, version);
    const named = text === null ? [] : [parsed(key, text)].flatMap((pointer) => [pointer, pointer.next, pointer.before]);
    for (const each of named) if (each !== null) needed.add(folder + each.sha256);
  }
  return listed.map(({ key }) => key).filter((key) => OURS.test(key.slice(folder.length)) && !needed.has(key) && !pointers.has(key));
}

function textOf(pointer: ModelPointer): string {
  return `${JSON.stringify(pointer, null, 1)}\n`;
}

/** @throws RELOAD_BROKEN */
function parsed(key: string, text: string): ModelPointer {
  try {
    const value = JSON.parse(text) as ModelPointer;
    if (value.schema === 1 && typeof value.sha256 === 'string') return value;
  } catch {
    // Said below.
  }
  throw new MlfnError('RELOAD_BROKEN', `${key} does not name a model.`, {
    hint: 'Delete it and deploy again: the release then serves its own model.',
    details: { key },
  });
}

/** Who can read it may have the model taken up at once. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}
