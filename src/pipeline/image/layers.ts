/** A bundle as layers: what changes least lies lowest, so that a changed model is a changed last layer. */
import path from 'node:path';
import { piecesOf } from '../../bundle/index.ts';
import type { Context } from '../../events.ts';
import { type Base, makeLayer, type NewLayer, type Packing } from '../../oci/index.ts';
import { gitCommit } from '../../release/index.ts';
import type { Bundle, Entry } from '../../types.ts';
import type { Made } from '../make.ts';

const MODEL = 'model/';

const isModel = ({ path: name }: Entry) => name.startsWith(MODEL);

/** @param place the folder that the package lies below, from the root, and more files of its code */
export async function layersOf(ctx: Context, bundle: Bundle, { folder, more }: { folder: string; more: Entry[] }, packing: Packing): Promise<NewLayer[]> {
  const parts: [NewLayer['what'], string, Entry[]][] = [
    ['dependencies', `${folder}/dependencies`, bundle.dependencies.entries],
    ['code', folder, [...bundle.function.entries.filter((entry) => !isModel(entry)), ...more]],
    ['model', folder, bundle.function.entries.filter(isModel)],
  ];
  const layers: NewLayer[] = [];
  for (const [what, below, entries] of parts) {
    if (entries.length === 0) continue;
    ctx.emit({ type: 'progress', text: `packing the ${what}` });
    const rows = entries.map((entry) => ({ path: `${below}/${entry.path}`, entry }));
    layers.push({ what, ...(await makeLayer(ctx, rows, (entry) => piecesOf(ctx, entry), packing)) });
  }
  return layers;
}

const PREFIX = 'org.opencontainers.image';

/** github.com/opencontainers/image-spec/blob/main/annotations.md. A base on this disk has no name that others know. */
export function labelsOf(name: string, { bundle, lock, form }: Made, base: Base): Record<string, string> {
  return {
    [`${PREFIX}.title`]: name,
    ...(base.source.registry === null ? {} : { [`${PREFIX}.base.name`]: base.name }),
    [`${PREFIX}.base.digest`]: base.digest,
    'mlfn.engine': form.engine,
    'mlfn.lock': lock.digest,
    'mlfn.model': bundle.modelDigest,
    'mlfn.python': lock.python,
  };
}

/** Another commit is another image, though of the same files. */
export async function commitLabel(ctx: Context, { card }: Made): Promise<Record<string, string>> {
  const commit = await gitCommit(ctx, path.dirname(card.path));
  return commit === null ? {} : { [`${PREFIX}.revision`]: commit };
}
