/** A model as a container image: made like any package, put together without a daemon, written to a file. */
import path from 'node:path';
import { piecesOf } from '../bundle/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { type Architecture, type Base, blobFile, type Format, type Image, imageOf, interpreterFor, layoutAt, makeLayer, type NewLayer, noPython, openBase, writeImageArchive } from '../oci/index.ts';
import { gitCommit } from '../release/index.ts';
import type { Bundle, Entry, RuntimeSettings } from '../types.ts';
import { make, type Made, type MakeRequest, type Packaging } from './make.ts';

export interface ImageRequest extends MakeRequest {
  settings: RuntimeSettings;
  /** `oci:FOLDER[:TAG]`. */
  base: string;
  arch: 'x86_64' | 'arm64';
  format: Format;
  /** Absolute; `NAME.tar`. */
  out: string;
  /** On top of mlfn's own. */
  labels: Record<string, string>;
}

export interface ImageMade {
  made: Made;
  base: Pick<Base, 'name' | 'digest' | 'facts'>;
  image: Image;
  /** `heart:latest` */
  name: string;
  file: { path: string; bytes: number };
}

const FOLDER = 'app';
const PORT = 8080;
/** In no base's passwd, and not 65534, which others are mapped to. */
const USER = '65532:65532';
/** The server of templates/python/mlfn_serve/server.py. */
const SERVER = { name: 'waitress', version: '3.0.2', accepts: '>=3,<4' };
const MODEL = 'model/';

/** @throws OCI_*, and what the stages throw */
export async function image(ctx: Context, request: ImageRequest): Promise<ImageMade> {
  const architecture: Architecture = request.arch === 'arm64' ? 'arm64' : 'amd64';
  const base = await openBase(ctx, sourceOf(ctx, request.base), architecture);
  ctx.emit({ type: 'fact', label: 'base', text: `${base.name}    ${factsText(base)}` });
  const made = await make(ctx, packagingFor(base, request.arch), request);
  const interpreter = interpreterFor(base, made.lock);
  const layers = await layersOf(ctx, made.bundle);
  const start = {
    entrypoint: [interpreter, `/${FOLDER}/main.py`],
    command: [],
    user: USER,
    folder: `/${FOLDER}`,
    env: { ...request.settings.env, MLFN_THREADS: String(request.settings.concurrency) },
    labels: { ...(await labelsOf(ctx, request, made, base)), ...request.labels },
    port: PORT,
  };
  const finished = imageOf(base, layers, start, request.format);
  const name = `${request.name}:latest`;
  const bytes = await writeImageArchive(ctx, finished, name, request.out, ({ what, descriptor }) => (what === 'base' ? base.source.blob(descriptor) : Promise.resolve(blobFile(ctx, descriptor.digest))));
  return { made, base, image: finished, name, file: { path: request.out, bytes } };
}

function sourceOf(ctx: Context, text: string) {
  const layout = layoutAt(ctx, text);
  if (layout !== null) return layout;
  throw new MlfnError('OCI_BASE_MISSING', `${text} is no layout.`, { hint: 'Name it as oci:FOLDER.' });
}

function factsText({ facts, digest }: Base): string {
  const { system, pythons, glibc } = facts;
  return [system, `Python ${pythons.map(({ minor }) => minor).join(', ')}`, glibc === null ? 'no glibc' : `glibc ${glibc}`, digest.slice(0, 'sha256:'.length + 12)].filter((part) => part !== null).join('    ');
}

/** The base decides what the packages have to run on. */
function packagingFor(base: Base, arch: ImageRequest['arch']): Packaging {
  const { pythons, glibc } = base.facts;
  const minors = [...new Set(pythons.map(({ minor }) => minor))];
  if (minors.length === 0) throw noPython(`${base.name} has no Python`, base.name);
  return {
    provider: {
      accepts: () => {},
      caller: 'http',
      limits: () => ({ zipBytes: null, unzippedBytes: null, memoryMb: { min: 1, max: Infinity }, timeoutSeconds: { min: 1, max: Infinity }, requestBytes: Infinity, responseBytes: Infinity }),
      modelApart: () => 'never',
      // Without glibc only what is pure Python is let through, by interpreterFor.
      platform: () => ({ platform: { os: 'linux', arch: arch === 'arm64' ? 'aarch64' : 'x86_64', glibc: glibc ?? '2.17' }, pythons: minors, requires: [SERVER] }),
    },
    config: {},
  };
}

/** What changes least lies lowest: a changed model is a changed last layer. */
async function layersOf(ctx: Context, bundle: Bundle): Promise<NewLayer[]> {
  const isModel = ({ path: name }: Entry) => name.startsWith(MODEL);
  const parts: [NewLayer['what'], string, Entry[]][] = [
    ['dependencies', `${FOLDER}/dependencies`, bundle.dependencies.entries],
    ['code', FOLDER, bundle.function.entries.filter((entry) => !isModel(entry))],
    ['model', FOLDER, bundle.function.entries.filter(isModel)],
  ];
  const layers: NewLayer[] = [];
  for (const [what, folder, entries] of parts) {
    if (entries.length === 0) continue;
    ctx.emit({ type: 'progress', text: `packing the ${what}` });
    const rows = entries.map((entry) => ({ path: `${folder}/${entry.path}`, entry }));
    layers.push({ what, ...(await makeLayer(ctx, rows, (entry) => piecesOf(ctx, entry))) });
  }
  return layers;
}

/** github.com/opencontainers/image-spec/blob/main/annotations.md. A base on this disk has no name that others know. */
async function labelsOf(ctx: Context, { name, model }: ImageRequest, { bundle, lock, form }: Made, base: Base): Promise<Record<string, string>> {
  const file = model.replace(/\.py:[^:]*$/, '.py');
  const commit = await gitCommit(ctx, path.dirname(file));
  const prefix = 'org.opencontainers.image';
  return {
    [`${prefix}.title`]: name,
    ...(commit === null ? {} : { [`${prefix}.revision`]: commit }),
    ...(base.source.registry === null ? {} : { [`${prefix}.base.name`]: base.name }),
    [`${prefix}.base.digest`]: base.digest,
    'mlfn.engine': form.engine,
    'mlfn.lock': lock.digest,
    'mlfn.model': bundle.modelDigest,
    'mlfn.python': lock.python,
  };
}
