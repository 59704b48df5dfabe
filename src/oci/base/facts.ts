/** What of a base decides which packages run on it, read from the files of its layers; nothing of it is run. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { compressionOf, type Descriptor } from '../media.ts';

export interface BaseFacts {
  /** Programs, in the order in which PATH has them: `{minor: '3.12', path: '/usr/local/bin/python3.12'}`. */
  pythons: { minor: string; path: string }[];
  /** `2.36`; null where there is none. */
  glibc: string | null;
  musl: boolean;
  /** Minor versions that have their whole standard library: Debian's python3-minimal has not. */
  whole: string[];
  /** libstdc++.so.6 is there. */
  cxx: boolean;
  /** `Debian GNU/Linux 12 (bookworm)`; null where it does not say. */
  system: string | null;
}

/** Larger than any libc.so.6 (2 MB). */
const READ_AT_MOST = 8 << 20;
const PYTHON = /(?:^|\/)bin\/python(3\.\d+)$/;
const RELEASE = /^(?:etc|usr\/lib)\/os-release$/;
const LIBC = /(?:^|\/)(?:libc\.so\.6|libc-2\.\d+\.so)$/;
const MUSL = /(?:^|\/)ld-musl-[^/]+\.so\.1$/;
const CXX = /(?:^|\/)libstdc\+\+\.so\.6$/;
const LIBRARY = /(?:^|\/)lib\/python(?:(3\.\d+)\/http\/client\.pyc?|(3\d+)\.zip)$/;
const NOTABLE = [PYTHON, RELEASE, LIBC, MUSL, CXX, LIBRARY];
/** github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a path of note holds: a link's target, or what was found in a file. */
type Found = Map<string, { link: string | null; text: string }>;

/** @param layers lowest first. @throws OCI_BASE_INVALID */
export async function factsOf(ctx: Context, name: string, layers: { descriptor: Descriptor; file: string }[], env: readonly string[]): Promise<BaseFacts> {
  const found: Found = new Map();
  for (const [index, { descriptor, file }] of layers.entries()) {
    ctx.emit({ type: 'progress', text: `reading ${name}`, done: index, total: layers.length });
    await readLayer(ctx, name, descriptor, file, found);
  }
  const paths = [...found.keys()].toSorted();
  const release = ['etc/os-release', 'usr/lib/os-release'].map((each) => found.get(each)?.text ?? '').join('\n');
  return {
    pythons: pythonsOf(paths, env),
    glibc: glibcOf(found),
    musl: paths.some((each) => MUSL.test(each)),
    whole: [...new Set(paths.flatMap((each) => wholeOf(each) ?? []))],
    cxx: paths.some((each) => CXX.test(each)),
    system: /^PRETTY_NAME="?([^"\n]+)/m.exec(release)?.[1] ?? null,
  };
}

async function readLayer(ctx: Context, name: string, descriptor: Descriptor, file: string, found: Found): Promise<void> {
  const decompress = decompressor(name, descriptor);
  const reader = extract();
  const above = new Map(found);
  reader.on('entry', (header, stream, next) => {
    const path = plainPath(header.name);
    if (path !== null) hide(found, above, path);
    const wanted = path !== null && NOTABLE.some((each) => each.test(path)) && ['file', 'symlink', 'link'].includes(header.type);
    const parts: Buffer[] = [];
    if (wanted && header.size <= READ_AT_MOST) stream.on('data', (chunk) => void parts.push(chunk as Buffer));
    else stream.resume();
    stream.on('end', () => {
      if (wanted) found.set(path, { link: linkOf(header), text: noted(path, Buffer.concat(parts)) });
      next();
    });
  });
  try {
    await pipeline([createReadStream(file), ...decompress, reader as unknown as NodeJS.WritableStream], { signal: ctx.signal });
  } catch (cause) {
    if (ctx.signal.aborted || cause instanceof MlfnError) throw cause;
    throw invalid(name, `layer ${descriptor.digest} cannot be unpacked (${(cause as Error).message})`, cause);
  }
}

/** Without `./`; null for what would be outside. */
function plainPath(name: string): string | null {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? null : parts.join('/');
}

/** Takes away what the layer deletes of those below it. */
function hide(found: Found, below: Found, path: string): void {
  const slash = path.lastIndexOf('/') + 1;
  const base = path.slice(slash);
  if (!base.startsWith(WHITEOUT)) return;
  const gone = base === OPAQUE ? path.slice(0, slash) : path.slice(0, slash) + base.slice(WHITEOUT.length);
  for (const each of below.keys()) if (each === gone || each.startsWith(gone.endsWith('/') ? gone : `${gone}/`)) found.delete(each);
}

function linkOf({ type, linkname }: Header): string | null {
  return type === 'symlink' || type === 'link' ? linkname : null;
}

/** Of a library only the line that tells its version. */
function noted(path: string, bytes: Buffer): string {
  if (RELEASE.test(path)) return bytes.toString();
  return LIBC.test(path) ? (/GNU C Library [^\n]*? version (2\.\d+)/.exec(bytes.toString('latin1'))?.[1] ?? '') : '';
}

/** `libc.so.6` says it itself, or is a link to `libc-2.31.so`. */
function glibcOf(found: Found): string | null {
  for (const [path, { link, text }] of found) {
    if (!LIBC.test(path)) continue;
    const version = text || (/libc-(2\.\d+)\.so$/.exec(link ?? path)?.[1] ?? '');
    if (version !== '') return version;
  }
  return null;
}

function pythonsOf(paths: string[], env: readonly string[]): BaseFacts['pythons'] {
  const said = env.find((each) => each.startsWith('PATH='))?.slice('PATH='.length) || DEFAULT_PATH;
  const folders = said.split(':').map((folder) => folder.replace(/^\/|\/$/g, ''));
  const order = (path: string) => folders.indexOf(path.slice(0, path.lastIndexOf('/')));
  return paths
    .filter((path) => PYTHON.test(path))
    .map((path) => ({ minor: PYTHON.exec(path)?.[1] ?? '', path }))
    .toSorted((a, b) => Number(order(a.path) === -1) - Number(order(b.path) === -1) || order(a.path) - order(b.path) || Number(b.minor.slice(2)) - Number(a.minor.slice(2)))
    .map(({ minor, path }) => ({ minor, path: `/${path}` }));
}

function wholeOf(path: string): string | null {
  const [, minor, zipped] = LIBRARY.exec(path) ?? [];
  return minor ?? zipped?.replace(/^3/, '3.') ?? null;
}

/** Node reads zstd since 22.15. */
function decompressor(name: string, { mediaType, digest }: Descriptor): NodeJS.ReadWriteStream[] {
  const compression = compressionOf(mediaType);
  if (compression === 'none') return [];
  if (compression === 'gzip') return [zlib.createGunzip()];
  const make = (zlib as { createZstdDecompress?: () => Readable & NodeJS.ReadWriteStream }).createZstdDecompress;
  if (compression === 'zstd' && make !== undefined) return [make()];
  throw invalid(name, `layer ${digest} is ${mediaType}, which this Node cannot read`);
}

export function invalid(name: string, why: string, cause?: unknown): MlfnError {
  return new MlfnError('OCI_BASE_INVALID', `${name} cannot be built on: ${why}.`, {
    hint: 'Choose another base with --base; layers in zstd need Node 22.15 or newer.',
    details: { base: name },
    cause,
  });
}
