/** An OCI layout on the disk: github.com/opencontainers/image-spec/blob/main/image-layout.md */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { digestOf, indexSchema, type Descriptor } from '../media.ts';
import { changedFile } from '../blobs.ts';
import type { Document, Source } from './source.ts';

const PREFIX = 'oci:';
const REF_NAME = 'org.opencontainers.image.ref.name';

/** `oci:FOLDER[:TAG]`, as skopeo and umoci write it; null for what names an image in a registry. */
export function layoutAt(ctx: Context, text: string): Source | null {
  if (!text.startsWith(PREFIX)) return null;
  const { folder, tag } = split(text.slice(PREFIX.length));
  const root = path.resolve(ctx.cwd, folder);
  const file = (digest: string) => path.join(root, 'blobs', ...digest.split(':'));
  const document = async ({ mediaType, digest, size }: Descriptor): Promise<Document> => {
    const bytes = await readFile(file(digest)).catch((cause) => missing(text, `${file(digest)} is not there`, cause));
    if (bytes.length !== size || digestOf(bytes) !== digest) throw changedFile(file(digest));
    return { mediaType, digest, bytes };
  };
  return {
    name: text,
    registry: null,
    root: async () => document(await chosen(root, text, tag)),
    document,
    blob: async ({ digest, size }) => {
      const found = await stat(file(digest)).catch((cause) => missing(text, `${file(digest)} is not there`, cause));
      if (found.size !== size) throw changedFile(file(digest));
      return file(digest);
    },
  };
}

/** A drive letter and a folder with a colon in it stay whole: a tag has no slash behind it. */
function split(text: string): { folder: string; tag: string | null } {
  const match = /^(.{2,}):([\w][\w.-]{0,127})$/.exec(text);
  return match === null ? { folder: text, tag: null } : { folder: match[1] ?? '', tag: match[2] ?? null };
}

async function chosen(root: string, text: string, tag: string | null): Promise<Descriptor> {
  const file = path.join(root, 'index.json');
  const read = await readFile(file, 'utf8').catch((cause) => missing(text, `${file} is not there`, cause));
  const parsed = indexSchema.safeParse(json(read));
  if (!parsed.success) {
    throw new MlfnError('OCI_BASE_INVALID', `${file} is not the index of an OCI layout.`, {
      hint: 'Name the folder that holds oci-layout, index.json and blobs.',
      details: { file },
    });
  }
  const { manifests } = parsed.data;
  const names = manifests.map(({ annotations }) => annotations?.[REF_NAME] ?? '');
  const [only] = manifests;
  const found = tag === null && manifests.length === 1 ? only : manifests[names.indexOf(tag ?? 'latest')];
  return found ?? missing(text, `${root} has ${names.filter(Boolean).join(', ') || 'no named image'}`, undefined);
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function missing(text: string, why: string, cause: unknown): never {
  throw new MlfnError('OCI_BASE_MISSING', `There is no image ${text}: ${why}.`, {
    hint: 'Name a layout as oci:FOLDER or oci:FOLDER:TAG, or an image in a registry.',
    details: { image: text },
    cause,
  });
}
