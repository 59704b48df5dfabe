/** The image that another one is built on: its documents, its layers, and what runs on it. */
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { readJson, writeWhole } from '../../whole-files.ts';
import { touch } from '../blobs.ts';
import { configSchema, type Descriptor, type ImageConfig, indexSchema, type Manifest, manifestSchema, MEDIA } from '../media.ts';
import { type BaseFacts, factsOf, invalid } from './facts.ts';
import { json } from './layout.ts';
import type { Document, Source } from './source.ts';

/** As Go and registries name processors. */
export type Architecture = 'amd64' | 'arm64';

export interface Base {
  name: string;
  source: Source;
  /** Of the manifest for this processor. */
  digest: string;
  layers: Descriptor[];
  config: ImageConfig;
  facts: BaseFacts;
}

/** Counts up when other facts are read. */
const READ_BY = 3;

/** @throws OCI_BASE_* */
export async function openBase(ctx: Context, source: Source, architecture: Architecture): Promise<Base> {
  const { name } = source;
  ctx.emit({ type: 'progress', text: `asking for ${name}` });
  const document = await manifestFor(source, await source.root(), architecture);
  const manifest = parsed(name, document, 'a manifest', manifestSchema) as Manifest;
  const config = parsed(name, await source.document(manifest.config), 'the configuration of an image', configSchema) as ImageConfig;
  if (config.os !== 'linux' || config.architecture !== architecture) {
    throw otherPlatform(name, [`${config.os}/${config.architecture}`], architecture);
  }
  if (config.rootfs.diff_ids.length !== manifest.layers.length) throw invalid(name, 'its configuration and its manifest tell of different layers');
  return { name, source, digest: document.digest, layers: manifest.layers, config, facts: await knownFacts(ctx, source, document.digest, manifest, config) };
}

async function manifestFor({ name, document }: Source, root: Document, architecture: Architecture): Promise<Document> {
  if (![MEDIA.index.oci, MEDIA.index.docker].includes(root.mediaType as never)) return root;
  const { manifests } = parsed(name, root, 'an index', indexSchema);
  const platforms = manifests.flatMap(({ platform }) => (platform === undefined || platform.os === 'unknown' ? [] : [`${platform.os}/${platform.architecture}`]));
  const found = manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture);
  if (found === undefined) throw otherPlatform(name, platforms, architecture);
  return document(found);
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

function parsed<T>(name: string, { bytes, mediaType }: Document, what: string, schema: Schema<T>): T {
  const read = schema.safeParse(json(bytes.toString()));
  if (read.success) return read.data;
  throw invalid(name, `what is there (${mediaType}) is not ${what}`);
}

/** Reading the layers takes seconds; a digest has the same facts for ever. */
async function knownFacts(ctx: Context, source: Source, digest: string, { layers }: Manifest, { config }: ImageConfig): Promise<BaseFacts> {
  const file = path.join(ctx.home.cache, 'oci', 'facts', `${digest.slice('sha256:'.length)}-${READ_BY}.json`);
  const known = (await readJson(file)) as BaseFacts | null;
  if (known !== null) {
    await touch(file);
    return known;
  }
  const files = [];
  for (const descriptor of layers) files.push({ descriptor, file: await source.blob(descriptor) });
  const facts = await factsOf(ctx, source.name, files, config?.Env ?? []);
  await writeWhole(file, JSON.stringify(facts));
  return facts;
}

function otherPlatform(name: string, found: string[], wanted: Architecture): MlfnError {
  return new MlfnError('OCI_BASE_PLATFORM', `${name} is for ${found.join(', ') || 'no platform that it names'}, and linux/${wanted} was asked for.`, {
    hint: 'Choose the processor with --arch, or another base with --base.',
    details: { base: name, found, wanted: `linux/${wanted}` },
  });
}
