/**
 * An image as Cloud Run has it run: fetched from its registry, each layer compared with its digest, laid down one upon the other, and
 * started as its configuration says, by bubblewrap in place of a container. Source: https://cloud.google.com/run/docs/container-contract
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Images } from '../registry/images.ts';
import type { Image } from '../run/revisions.ts';
import type { Container } from '../run/messages.ts';
import { Status } from '../status.ts';

const execute = promisify(execFile);
/** What lies below an image's own folder is laid down for each revision; the rest once, and kept from run to run. */
const CACHE = path.join(os.tmpdir(), 'mlfn-gcp-images');

interface Config {
  architecture?: string;
  os?: string;
  config?: { Env?: string[]; Entrypoint?: string[]; Cmd?: string[]; User?: string; WorkingDir?: string };
}

interface Document {
  mediaType?: string;
  config?: { digest: string };
  layers?: { digest: string }[];
  manifests?: { digest: string; platform?: { os?: string; architecture?: string } }[];
}

/** @param folder of the revision. @throws Status in Cloud Run's words */
export async function pulled(images: Images, container: Container, folder: string): Promise<Image> {
  const name = container.image as string;
  const { manifest, config } = await resolved(images, name);
  const { Env = [], Entrypoint = [], Cmd = [], User = '', WorkingDir = '/' } = config.config ?? {};
  const start = [...(container.command?.length ? container.command : Entrypoint), ...(container.args?.length ? container.args : container.command?.length ? [] : Cmd)];
  if (start.length === 0) throw new Status('INVALID_ARGUMENT', `Image '${name}' has no command to start.`);
  const work = WorkingDir.replace(/\/+$/, '') || '/';
  const layers = (manifest.layers ?? []).map(({ digest }) => ({ digest, file: images.blobFile(digest) }));
  for (const layer of layers) await compare(name, layer);
  const below = work === '/' ? layers.length : await firstOwn(layers, work);
  const root = await rootOf(layers.slice(0, below), work);
  const own = path.join(folder, 'image');
  await mkdir(own, { recursive: true });
  for (const layer of layers.slice(below)) await lay(layer.file, own);
  const [uid = '', gid = uid] = User.split(':');
  const identity = /^\d+$/.test(uid) ? ['--unshare-user', '--uid', uid, '--gid', gid] : [];
  const mine = below < layers.length ? ['--ro-bind', path.join(own, work), work] : [];
  const args = ['--ro-bind', root, '/', ...mine, '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--die-with-parent', ...identity, '--chdir', work, ...start];
  return { cwd: folder, command: bubblewrap(), args, env: Object.fromEntries(Env.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)])) };
}

/** By tag or digest; of several platforms the one that Cloud Run runs. */
async function resolved(images: Images, name: string): Promise<{ manifest: Document; config: Config }> {
  const missing = () => new Status('NOT_FOUND', `Image '${name}' not found.`);
  const [, host = '', rest = '', tag = 'latest', digest] = /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(name) ?? [];
  const place = images.place(host, rest);
  if (place === undefined || images.repository(place) === undefined) throw missing();
  const held = images.find(place);
  const found = held?.manifests.get(digest ?? held.tags.get(tag) ?? '');
  if (held === undefined || found === undefined) throw missing();
  const unsupported = () => new Status('INVALID_ARGUMENT', `Cloud Run does not support image '${name}': Container manifest type '${found.mediaType}' must support amd64/linux.`);
  let manifest = JSON.parse(found.bytes.toString()) as Document;
  if (manifest.manifests !== undefined) {
    const chosen = manifest.manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
    const inner = chosen === undefined ? undefined : held.manifests.get(chosen.digest);
    if (inner === undefined) throw unsupported();
    manifest = JSON.parse(inner.bytes.toString()) as Document;
  }
  const described = { digest: manifest.config?.digest ?? '', file: images.blobFile(manifest.config?.digest ?? '') };
  await compare(name, described);
  const config = JSON.parse(await readFile(described.file, 'utf8')) as Config;
  if (config.os !== 'linux' || config.architecture !== 'amd64') throw unsupported();
  return { manifest, config };
}

interface Layer {
  digest: string;
  file: string;
}

async function compare(name: string, { digest, file }: Layer): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Status('FAILED_PRECONDITION', `Image '${name}' could not be imported: ${digest} does not have its digest.`);
}

/** Index of the first layer from which on all of them lie below the folder. */
async function firstOwn(layers: Layer[], folder: string): Promise<number> {
  let first = layers.length;
  for (const layer of layers.toReversed()) {
    if (!(await liesBelow(layer, folder))) break;
    first -= 1;
  }
  return first;
}

const known = new Map<string, Promise<string[]>>();

async function liesBelow({ digest, file }: Layer, folder: string): Promise<boolean> {
  const listed = known.get(digest) ?? execute('tar', ['-tf', file], { maxBuffer: 1 << 28 }).then(({ stdout }) => stdout.split('\n').filter(Boolean));
  known.set(digest, listed);
  const prefix = `${folder.slice(1)}/`;
  return (await listed).every((each) => each.replace(/^\.?\//, '').startsWith(prefix) || prefix.startsWith(each.replace(/^\.?\//, '')));
}

const making = new Map<string, Promise<string>>();

async function rootOf(layers: Layer[], work: string): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([layers.map(({ digest }) => digest), work])).digest('hex').slice(0, 32);
  const root = path.join(CACHE, key);
  if (existsSync(root)) return root;
  const made = making.get(key) ?? makeRoot(layers, work, root);
  making.set(key, made);
  return made.finally(() => making.delete(key));
}

async function makeRoot(layers: Layer[], work: string, root: string): Promise<string> {
  const draft = `${root}.${process.pid}`;
  try {
    for (const folder of ['proc', 'dev', 'tmp', work]) await mkdir(path.join(draft, folder), { recursive: true });
    for (const { file } of layers) await lay(file, draft);
    await rename(draft, root).catch((error: unknown) => {
      if (!existsSync(root)) throw error;
    });
    return root;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** github.com/opencontainers/image-spec/blob/main/layer.md: what a layer takes away it names `.wh.NAME`. */
async function lay(file: string, folder: string): Promise<void> {
  const scratch = `${folder}.layer`;
  await mkdir(scratch, { recursive: true });
  await execute('tar', ['-xf', file, '-C', scratch, '--exclude=./dev/*', '--exclude=dev/*'], { maxBuffer: 1 << 26 });
  await merge(scratch, folder);
  await rm(scratch, { recursive: true });
}

async function merge(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.name.startsWith('.wh.')) {
      await rm(path.join(to, entry.name.slice('.wh.'.length)), { recursive: true, force: true });
      continue;
    }
    const there = await lstat(target).catch(() => null);
    if (entry.isDirectory() && there?.isDirectory()) {
      await merge(source, target);
      continue;
    }
    if (there !== null) await rm(target, { recursive: true });
    await rename(source, target);
  }
}

function bubblewrap(): string {
  const found = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'bwrap')).find((file) => existsSync(file));
  if (found === undefined) throw new Status('INTERNAL', 'This fake runs images by bubblewrap, which is not installed: node scripts/oci-lab.mjs');
  return found;
}
