/** A model as a container image: made like any package, put together without a daemon, written to a file or sent to a registry. */
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { assertPacking, assertWritable, attach, type Base, type Format, type Image, type Packing, parseReference, type Pushed, pushImage, type Reference, referenceText, useCache, writeImageArchive } from '../../oci/index.ts';
import type { RuntimeSettings } from '../../live.ts';
import type { Made, MakeRequest } from '../make.ts';
import { assemble } from './assemble.ts';
import { type KindName, KINDS } from './kinds.ts';
import { commitLabel, labelsOf } from './layers.ts';
import type { Processor } from './packaging.ts';
import { Registries } from './registries.ts';
import { sbomOf } from './sbom.ts';

export interface ImageRequest extends MakeRequest {
  settings: RuntimeSettings;
  kind: KindName;
  /** In a registry, or `oci:FOLDER[:TAG]`; absent: the kind's own. */
  base?: string | undefined;
  arch: Processor;
  format: Format;
  packing: Packing;
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
  /** What it is fetched by, of the packages as a document that refers to the image; null where the registry takes no such. */
  sbom: string | null;
}

/** @throws OCI_*, and what the stages throw */
export async function image(ctx: Context, request: ImageRequest): Promise<ImageMade> {
  // What is wrong with a name, or with where it goes, is said before anything is made.
  const to = request.push === undefined ? null : parseReference(request.push);
  assertPacking(request.packing, request.format, request.kind === 'lambda' ? 'AWS Lambda' : null);
  if (request.out !== undefined) await assertWritable(request.out);
  const release = await useCache(ctx);
  const registries = new Registries(ctx, request.insecure);
  try {
    return await imageFor(ctx, request, to, registries);
  } finally {
    registries.close();
    release();
  }
}

async function imageFor(ctx: Context, request: ImageRequest, to: Reference | null, registries: Registries): Promise<ImageMade> {
  const { kind, base: named, arch, format, packing, settings } = request;
  const labels = async (made: Made, base: Base) => ({ ...labelsOf(request.name, made, base), ...(await commitLabel(ctx, made)), ...request.labels });
  const asked = { package: request, kind: KINDS[kind], base: named, arch, format, packing, settings, labels };
  const { made, base, image: finished, locate } = await assemble(ctx, asked, (text) => registries.source(text));
  const name = to === null ? `${request.name}:latest` : referenceText({ ...to, tag: to.tag ?? 'latest', digest: null });
  const file = request.out === undefined ? null : { path: request.out, bytes: await writeImageArchive(ctx, finished, name, request.out, locate) };
  const pushed = to === null ? null : await pushImage(ctx, registries.session(to.registry), finished, to, locate, base.source.registry);
  const sbom = to === null ? null : await attachSbom(ctx, registries, request.name, { made, image: finished }, to);
  return { made, base, image: finished, name, file, pushed, sbom };
}

/** The image is there by then: what goes wrong here takes nothing of it back. */
async function attachSbom(ctx: Context, registries: Registries, name: string, { made, image: { manifest } }: Pick<ImageMade, 'made' | 'image'>, to: Reference): Promise<string | null> {
  try {
    return await attach(ctx, registries.session(to.registry), { manifest }, to, sbomOf(name, made.lock));
  } catch (error) {
    if (!(error instanceof MlfnError) || error.code === 'INTERRUPTED') throw error;
    ctx.emit({ type: 'warning', text: `The list of packages was not attached: ${error.message}`, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    return null;
  }
}
