/** A package as an image for a target: put together here, sent by a step of the target's plan. */
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { imageFact } from '../../facts.ts';
import type { ReleaseImage } from '../../live.ts';
import { type Base, compressionOf, pushImage, useCache, writesZstd } from '../../oci/index.ts';
import type { Target } from '../../providers/index.ts';
import type { ImageRules, Supplies } from '../../providers/provider.ts';
import { sizeText } from '../../size-text.ts';
import type { Made, MakeRequest } from '../make.ts';
import { assemble, type Assembled } from './assemble.ts';
import { KINDS } from './kinds.ts';
import { labelsOf } from './layers.ts';
import { Registries } from './registries.ts';

export interface TargetImage {
  made: Made;
  release: ReleaseImage;
  push: NonNullable<Supplies['pushImage']>;
  /** Ends the connections to registries. */
  close(): void;
}

/** @throws OCI_*, BUNDLE_TOO_LARGE, and what the stages throw */
export async function imageFor(ctx: Context, { provider, config }: Target, request: MakeRequest & { base?: string | undefined }): Promise<TargetImage> {
  const { platform } = provider.platform(config);
  const rules = provider.images ?? { unpackedBytes: null, zstd: false };
  const release = await useCache(ctx);
  const registries = new Registries(ctx, false);
  const close = () => {
    registries.close();
    release();
  };
  try {
    const assembled = await assemble(
      ctx,
      {
        package: request,
        kind: KINDS[provider.caller],
        base: request.base,
        arch: platform !== 'this-machine' && platform.arch === 'aarch64' ? 'arm64' : 'x86_64',
        format: 'oci',
        // Of a release neither counts: who has another Node makes no other one.
        packing: rules.zstd && writesZstd ? 'zstd' : 'gzip',
        // The target says it to each release: a changed setting is no other image.
        settings: null,
        labels: async (made, base) => labelsOf(request.name, made, base),
        accepts: (lock) => provider.accepts(config, lock),
      },
      (text) => registries.source(text),
    );
    assertRuns(assembled, rules, provider.name);
    const named = releaseOf(assembled);
    ctx.emit(imageFact(named, assembled.image.layers.length));
    return { made: assembled.made, release: named, push: pusher(ctx, assembled, registries), close };
  } catch (error) {
    close();
    throw error;
  }
}

function releaseOf({ base, image: { manifest, layers } }: Assembled): ReleaseImage {
  const size = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  return { digest: manifest.digest, size, base: { name: base.name, digest: base.digest } };
}

function pusher(ctx: Context, { base, image, locate }: Assembled, registries: Registries): TargetImage['push'] {
  return async ({ registry, repository, tag, login }) => {
    const { bytes } = await pushImage(ctx, registries.session(registry, login), image, { registry, repository, tag, digest: null }, locate, base.source.registry);
    return { bytes };
  };
}

/** Of a base only the compressed size is known, which its files are more than. */
function assertRuns({ base, made }: Assembled, { unpackedBytes, zstd }: ImageRules, target: string): void {
  if (!zstd && base.layers.some(({ mediaType }) => compressionOf(mediaType) === 'zstd')) throw compressedOtherwise(base, target);
  const { dependencies, function: own } = made.bundle;
  const bytes = base.layers.reduce((sum, { size }) => sum + size, 0) + dependencies.size + own.size;
  if (unpackedBytes === null || bytes <= unpackedBytes) return;
  throw new MlfnError('BUNDLE_TOO_LARGE', `The image is ${sizeText(bytes)} at least, ${sizeText(bytes - unpackedBytes)} more than ${target} takes.`, {
    hint: 'Name only what the model needs in a requirements.txt beside it (--requirements), or choose a smaller base (--base).',
    details: { bytes, limit: unpackedBytes, over: bytes - unpackedBytes },
  });
}

function compressedOtherwise({ name }: Base, target: string): MlfnError {
  return new MlfnError('OCI_BASE_INVALID', `${name} has layers compressed by zstd, which ${target} does not read.`, {
    hint: 'Choose a base whose layers are compressed by gzip.',
    details: { base: name },
  });
}
