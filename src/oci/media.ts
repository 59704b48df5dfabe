/**
 * The documents of an image, as far as mlfn reads and writes them: github.com/opencontainers/image-spec (manifest.md, config.md,
 * image-index.md) and distribution.github.io/distribution/spec/manifest-v2-2.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';

export type Format = 'oci' | 'docker';

const GZIP = { oci: 'application/vnd.oci.image.layer.v1.tar+gzip', docker: 'application/vnd.docker.image.rootfs.diff.tar.gzip' };

export const MEDIA = {
  manifest: { oci: 'application/vnd.oci.image.manifest.v1+json', docker: 'application/vnd.docker.distribution.manifest.v2+json' },
  index: { oci: 'application/vnd.oci.image.index.v1+json', docker: 'application/vnd.docker.distribution.manifest.list.v2+json' },
  config: { oci: 'application/vnd.oci.image.config.v1+json', docker: 'application/vnd.docker.container.image.v1+json' },
  layer: GZIP,
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const;

/** A layer is the same bytes in both formats; what only one of them has a name for stays as it is. */
const TWINS: readonly Record<Format, string>[] = [
  GZIP,
  { oci: 'application/vnd.oci.image.layer.v1.tar', docker: 'application/vnd.docker.image.rootfs.diff.tar' },
];

export type Compression = 'gzip' | 'zstd' | 'none';

/** Null for what is no layer of an image. */
export function compressionOf(mediaType: string): Compression | null {
  if (/[+.]gzip$/.test(mediaType)) return 'gzip';
  if (/[+.]zstd$/.test(mediaType)) return 'zstd';
  return mediaType.endsWith('.tar') ? 'none' : null;
}

/** Null where the format has no such layers. */
export function layerTypeIn(format: Format, mediaType: string): string | null {
  const twins = TWINS.find((pair) => pair.oci === mediaType || pair.docker === mediaType);
  if (twins !== undefined) return twins[format];
  return format === 'oci' ? mediaType : null;
}

/** With its algorithm: `sha256:2cf2...`. */
const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const descriptorSchema = z.object({ mediaType: z.string(), digest: digestSchema, size: z.int().nonnegative() });
export type Descriptor = z.infer<typeof descriptorSchema>;

const platformSchema = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });

export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  manifests: z.array(descriptorSchema.extend({ platform: platformSchema.optional(), annotations: z.record(z.string(), z.string()).optional() })),
});

const strings = z.array(z.string()).nullish();

/** The rest of what a base's configuration says is kept as it is. */
export const configSchema = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: z.array(digestSchema) }),
  config: z.looseObject({ Env: strings, Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  history: z.array(z.looseObject({})).nullish(),
});
export type ImageConfig = z.infer<typeof configSchema>;

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
