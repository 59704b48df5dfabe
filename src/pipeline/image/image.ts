/** A model as a container image: made like any package, put together without a daemon, written to a file or sent to a registry. */
import type { Context } from '../../events.ts';
import {
  type Base,
  blobFile,
  type Format,
  type Image,
  imageOf,
  interpreterFor,
  layoutAt,
  type Locate,
  noPython,
  openBase,
  parseReference,
  type Pushed,
  pushImage,
  type Reference,
  referenceText,
  registrySource,
  Session,
  type Source,
  writeImageArchive,
} from '../../oci/index.ts';
import type { RuntimeSettings } from '../../live.ts';
import { make, type Made, type MakeRequest } from '../make.ts';
import { type Kind, type KindName, KINDS } from './kinds.ts';
import { labelsOf, layersOf } from './layers.ts';
import { packagingFor, type Processor } from './packaging.ts';

export interface ImageRequest extends MakeRequest {
  settings: RuntimeSettings;
  kind: KindName;
  /** In a registry, or `oci:FOLDER[:TAG]`; absent: the kind's own. */
  base?: string;
  arch: Processor;
  format: Format;
  /** Absolute; an archive. */
  out?: string;
  /** `HOST/REPOSITORY:TAG` */
  push?: string;
  /** Registries may speak HTTP, or show any certificate. */
  insecure: boolean;
  /** On top of mlfn's own. */
  labels: Record<string, string>;
}

export interface ImageMade {
  made: Made;
  base: Base;
  image: Image;
  /** What it is called where it is loaded: `heart:latest`. */
  name: string;
  file: { path: string; bytes: number } | null;
  pushed: Pushed | null;
}

/** @throws OCI_*, and what the stages throw */
export async function image(ctx: Context, request: ImageRequest): Promise<ImageMade> {
  // What is wrong with a name is said before anything is made.
  const to = request.push === undefined ? null : parseReference(request.push);
  const sessions = new Map<string, Session>();
  const sessionFor = (registry: string): Session => {
    const known = sessions.get(registry) ?? new Session(ctx, registry, request.insecure);
    sessions.set(registry, known);
    return known;
  };
  try {
    return await imageFor(ctx, request, to, sessionFor);
  } finally {
    for (const session of sessions.values()) session.close();
  }
}

async function imageFor(ctx: Context, request: ImageRequest, to: Reference | null, sessionFor: (registry: string) => Session): Promise<ImageMade> {
  const kind = KINDS[request.kind];
  const { base, package: packed } = await baseAndPackage(ctx, request, kind, (text) => sourceOf(ctx, text, sessionFor));
  const interpreter = interpreterFor(base, packed.lock);
  for (const warning of lacksOf(base, kind, packed.lock.python)) ctx.emit({ type: 'warning', ...warning });
  const labels = { ...(await labelsOf(ctx, request.name, packed, base)), ...request.labels };
  const start = { folder: `/${kind.folder}`, labels, ...kind.start(interpreter, request.settings) };
  const finished = imageOf(base, await layersOf(ctx, packed.bundle, kind.folder), start, request.format);
  const locate: Locate = ({ what, descriptor }) => (what === 'base' ? base.source.blob(descriptor) : Promise.resolve(blobFile(ctx, descriptor.digest)));
  const name = to === null ? `${request.name}:latest` : referenceText({ ...to, tag: to.tag ?? 'latest', digest: null });
  const file = request.out === undefined ? null : { path: request.out, bytes: await writeImageArchive(ctx, finished, name, request.out, locate) };
  const pushed = to === null ? null : await pushImage(ctx, sessionFor(to.registry), finished, to, locate, base.source.registry);
  return { made: packed, base, image: finished, name, file, pushed };
}

/** What of a base was not found that may be somewhere else in it. */
function lacksOf({ name, facts }: Base, { cxx, needs }: Kind, python: string): { text: string; hint: string }[] {
  const library = { text: `${name} seems to have a part of Python ${python}'s standard library only.`, hint: 'Add the rest to the base: on Debian python3 in place of python3-minimal.' };
  const linked = { text: `${name} has no libstdc++.so.6, without which ${needs.name} starts nothing.`, hint: 'Add it to the base (libstdc++6 on Debian, libstdc++ on Amazon Linux), or choose another.' };
  return [...(facts.whole.includes(python) ? [] : [library]), ...(cxx && !facts.cxx ? [linked] : [])];
}

/** A base that was named says what the package has to run on; else the package's Python says which base. */
async function baseAndPackage(ctx: Context, request: ImageRequest, kind: Kind, open: (text: string) => Source): Promise<{ base: Base; package: Made }> {
  const architecture = request.arch === 'arm64' ? 'arm64' : 'amd64';
  if (request.base === undefined) {
    const made = await make(ctx, packagingFor(kind, request.arch, null), request);
    return { base: await opened(ctx, open(kind.base(made.lock.python)), architecture), package: made };
  }
  const base = await opened(ctx, open(request.base), architecture);
  if (base.facts.pythons.length === 0) throw noPython(`${base.name} has no Python`, base.name);
  return { base, package: await make(ctx, packagingFor(kind, request.arch, base), request) };
}

async function opened(ctx: Context, source: Source, architecture: 'amd64' | 'arm64'): Promise<Base> {
  const base = await openBase(ctx, source, architecture);
  const { system, pythons, glibc } = base.facts;
  const facts = [base.name, system, `Python ${pythons.map(({ minor }) => minor).join(', ') || 'none'}`, glibc === null ? 'no glibc' : `glibc ${glibc}`];
  ctx.emit({ type: 'fact', label: 'base', text: facts.filter((part) => part !== null).join('    ') });
  return base;
}

function sourceOf(ctx: Context, text: string, sessionFor: (registry: string) => Session): Source {
  const layout = layoutAt(ctx, text);
  if (layout !== null) return layout;
  const reference = parseReference(text);
  return registrySource(ctx, sessionFor(reference.registry), { ...reference, tag: reference.tag ?? (reference.digest === null ? 'latest' : null) });
}
