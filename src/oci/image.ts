/** A base, layers on top of it, and how they are started: the documents of an image, the same bytes for the same inputs. */
import { MlfnError } from '../errors.ts';
import type { Base } from './base/open.ts';
import type { Packing } from './compression.ts';
import type { LayerBlob } from './layer.ts';
import { type Descriptor, descriptorOf, type Format, type ImageConfig, layerTypeIn, MEDIA } from './media.ts';

export interface NewLayer extends LayerBlob {
  /** For people, and the image's history. */
  what: 'dependencies' | 'code' | 'model';
}

/** How the container is started. */
export interface Start {
  entrypoint: string[];
  command: string[];
  /** Empty: the base's. Numbers: what forbids root looks at no names (kubernetes.io/docs/concepts/security/pod-security-standards, runAsNonRoot). */
  user: string;
  folder: string;
  /** On top of the base's. */
  env: Record<string, string>;
  labels: Record<string, string>;
  port: number | null;
}

export interface Image {
  format: Format;
  manifest: Descriptor;
  /** Of the two documents. */
  bytes: { manifest: Buffer; config: Buffer };
  config: Descriptor;
  /** Lowest first; what is not the base's lies in the cache. */
  layers: { descriptor: Descriptor; what: NewLayer['what'] | 'base' }[];
}

/** No time goes into an image: the same inputs are the same digest. reproducible-builds.org/docs/source-date-epoch */
const CREATED = '1970-01-01T00:00:00Z';
/** Of a base, what was meant for what it started itself, and what only its own builder knows. */
const NOT_INHERITED = ['Cmd', 'Entrypoint', 'Healthcheck', 'OnBuild', 'Image', 'Hostname', 'Domainname', 'ArgsEscaped'];

/** @throws OCI_BASE_INVALID where the base has layers that the format does not know */
export function imageOf(base: Base, added: readonly NewLayer[], start: Start, format: Format, packing: Packing = 'gzip'): Image {
  const below = base.layers.map((layer) => ({ what: 'base' as const, descriptor: { ...layer, mediaType: inFormat(base, layer, format) } }));
  const above = added.map(({ what, digest, size }) => ({ what, descriptor: { mediaType: packing === 'zstd' ? MEDIA.zstd : MEDIA.layer[format], digest, size } }));
  const layers = [...below, ...above];
  const config = documentOf(configOf(base, added, start));
  const configDescriptor = descriptorOf(MEDIA.config[format], config);
  const manifest = documentOf({
    schemaVersion: 2,
    mediaType: MEDIA.manifest[format],
    config: configDescriptor,
    layers: layers.map(({ descriptor: { mediaType, digest, size } }) => ({ mediaType, digest, size })),
    ...(format === 'oci' ? { annotations: start.labels } : {}),
  });
  return { format, manifest: descriptorOf(MEDIA.manifest[format], manifest), config: configDescriptor, bytes: { manifest, config }, layers };
}

function inFormat({ name }: Base, { mediaType, digest }: Descriptor, format: Format): string {
  const type = layerTypeIn(format, mediaType);
  if (type !== null) return type;
  throw new MlfnError('OCI_BASE_INVALID', `${name} has a layer of ${mediaType}, which the format ${format} does not know.`, {
    hint: 'Leave --format out, or choose another base.',
    details: { base: name, digest },
  });
}

function documentOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function configOf({ config: base }: Base, added: readonly NewLayer[], start: Start): ImageConfig & { created: string } {
  const inherited = Object.entries(base.config ?? {}).filter(([key]) => !NOT_INHERITED.includes(key));
  const history = added.map(({ what }) => ({ created: CREATED, created_by: `mlfn image: ${what}` }));
  return {
    created: CREATED,
    architecture: base.architecture,
    os: base.os,
    ...(base.variant === undefined ? {} : { variant: base.variant }),
    config: {
      ...Object.fromEntries(inherited),
      ...(start.user === '' ? {} : { User: start.user }),
      WorkingDir: start.folder,
      Env: envOf(base.config?.Env ?? [], start.env),
      Entrypoint: start.entrypoint,
      ...(start.command.length === 0 ? {} : { Cmd: start.command }),
      ...(start.port === null ? {} : { ExposedPorts: { [`${start.port}/tcp`]: {} } }),
      Labels: { ...base.config?.Labels, ...start.labels },
    },
    rootfs: { type: 'layers', diff_ids: [...base.rootfs.diff_ids, ...added.map(({ diffId }) => diffId)] },
    // One for each layer, or none at all.
    ...(base.history ? { history: [...base.history, ...history] } : {}),
  };
}

function envOf(base: readonly string[], own: Record<string, string>): string[] {
  const kept = base.filter((each) => own[each.slice(0, each.indexOf('='))] === undefined);
  return [...kept, ...Object.entries(own).map(([name, value]) => `${name}=${value}`)];
}
