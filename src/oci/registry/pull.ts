/** An image in a registry, as something to build on: github.com/opencontainers/distribution-spec/blob/main/spec.md#pull */
import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { withFile } from '../../whole-files.ts';
import type { Document, Source } from '../base/source.ts';
import { blobFile, hasBlob } from '../blobs.ts';
import { type Descriptor, digestOf, MEDIA } from '../media.ts';
import { type Reference, referenceText } from '../reference.ts';
import { passes, refused, unreachable } from './refusals.ts';
import type { Session } from './session.ts';
import { textOf } from './transport.ts';

const KINDS = [...Object.values(MEDIA.manifest), ...Object.values(MEDIA.index)].join(', ');
/** Breaks of one download that are gone on from. */
const BREAKS = 8;

export function registrySource(ctx: Context, session: Session, reference: Reference): Source {
  const { registry, repository } = reference;
  const name = referenceText(reference);
  const scopes = [`repository:${repository}:pull`];
  const at = (kind: 'manifests' | 'blobs', id: string) => `/v2/${repository}/${kind}/${id}`;
  const missing = { code: 'OCI_BASE_MISSING' as const, hint: 'Check the name and the tag, or choose another base with --base.' };

  const document = async (url: string, wanted: string | null): Promise<Document> => {
    const doing = `asking for ${name}`;
    const reply = await session.ask({ method: 'GET', url, headers: { accept: KINDS }, scopes, doing });
    if (reply.status !== 200) throw await refused(registry, doing, reply, missing);
    const bytes = await textOf(reply);
    const digest = digestOf(bytes);
    const told = wanted ?? reply.headers['docker-content-digest'] ?? digest;
    if (told !== digest) throw wrongDigest(registry, String(told), digest);
    return { mediaType: mediaTypeOf(reply.headers['content-type'], bytes), digest, bytes };
  };
  return {
    name,
    registry: { host: registry, repository },
    root: () => document(at('manifests', reference.digest ?? reference.tag ?? 'latest'), reference.digest),
    document: (descriptor) => document(at(isManifest(descriptor) ? 'manifests' : 'blobs', descriptor.digest), descriptor.digest),
    blob: async (descriptor) => {
      if (!(await hasBlob(ctx, descriptor))) await download(ctx, session, { url: at('blobs', descriptor.digest), scopes, descriptor, name });
      return blobFile(ctx, descriptor.digest);
    },
  };
}

function isManifest({ mediaType }: Descriptor): boolean {
  return KINDS.includes(mediaType);
}

/** The document's own word counts where the header is a bare `application/json`. */
function mediaTypeOf(header: string | undefined, bytes: Buffer): string {
  const type = (header ?? '').split(';')[0]?.trim() ?? '';
  if (KINDS.includes(type) && type !== '') return type;
  return /"mediaType"\s*:\s*"([^"]+)"/.exec(bytes.toString())?.[1] ?? type;
}

interface Wanted {
  url: string;
  scopes: string[];
  descriptor: Descriptor;
  name: string;
}

/** Goes on where a connection broke; appears under its digest, whole and compared with it, or not at all. */
async function download(ctx: Context, session: Session, wanted: Wanted): Promise<void> {
  const { digest, size } = wanted.descriptor;
  const file = blobFile(ctx, digest);
  await mkdir(path.dirname(file), { recursive: true });
  await withFile(file, async (temporary) => {
    const handle = await open(temporary, 'wx');
    const state = { hash: createHash('sha256'), done: 0 };
    try {
      for (let breaks = 0; state.done < size; ) {
        const before = state.done;
        const end = await receive(ctx, session, wanted, handle, state);
        if (end === null) break;
        if (state.done === before) breaks += 1;
        if (breaks === BREAKS || !passes(end)) throw unreachable(session.registry, `bringing ${digest}`, end);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const found = `sha256:${state.hash.digest('hex')}`;
    if (state.done !== size || found !== digest) throw wrongDigest(session.registry, digest, found);
    await rename(temporary, file);
  });
}

/** @returns what broke it off; null at its end */
async function receive(ctx: Context, session: Session, { url, scopes, descriptor, name }: Wanted, handle: Awaited<ReturnType<typeof open>>, state: { hash: Hash; done: number }): Promise<unknown> {
  const { digest, size } = descriptor;
  const doing = `bringing ${digest}`;
  const reply = await session.ask({ method: 'GET', url, headers: state.done > 0 ? { range: `bytes=${state.done}-${size - 1}` } : {}, scopes, doing });
  if (reply.status !== 200 && reply.status !== 206) throw await refused(session.registry, doing, reply);
  if (reply.status === 200) {
    state.hash = createHash('sha256');
    state.done = 0;
  }
  try {
    for await (const chunk of reply.stream as AsyncIterable<Buffer>) {
      if (state.done + chunk.length > size) throw wrongDigest(session.registry, digest, 'more bytes than that has');
      state.hash.update(chunk);
      await handle.write(chunk, 0, chunk.length, state.done);
      state.done += chunk.length;
      ctx.emit({ type: 'progress', text: `bringing ${name}`, done: state.done, total: size });
    }
    return null;
  } catch (error) {
    if (ctx.signal.aborted) throw new MlfnError('INTERRUPTED', `Stopped while ${doing}; nothing of it is kept.`);
    if (error instanceof MlfnError) throw error;
    return error;
  }
}

function wrongDigest(registry: string, wanted: string, found: string): MlfnError {
  return new MlfnError('OCI_DIGEST', `${registry} sent something else than ${wanted}: ${found}. Nothing of it was kept.`, {
    hint: 'Run the same command again; if it stays so, what is between here and the registry, or the registry itself, is not to be trusted.',
    details: { registry, wanted, found },
  });
}
