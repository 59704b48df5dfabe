/** What Artifact Registry keeps of images: blobs by digest, manifests by digest, tags. Of each package its own. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Repository, World } from '../world.ts';

export interface Manifest {
  mediaType: string;
  bytes: Buffer;
  uploaded: string;
}

export interface Package {
  manifests: Map<string, Manifest>;
  tags: Map<string, string>;
  blobs: Set<string>;
}

/** `europe-west1-docker.pkg.dev/project/repository/heart`, taken apart. */
export interface Place {
  /** `projects/P/locations/L/repositories/R` */
  repository: string;
  package: string;
}

export class Images {
  readonly #world: World;
  readonly #packages = new Map<string, Package>();
  /** Host and port of the registries' domain, as `pkg.dev` is Google's. */
  domain = '';
  /** Nothing more is taken: the project's quota is used up. */
  full = false;
  /** Bytes are kept with one of them changed, as no registry should. */
  corrupting = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Undefined for what is no image of a registry here. @param host `europe-west1-docker.pkg.dev` @param name `project/repository/heart` */
  place(host: string, name: string): Place | undefined {
    const [, project, repository, image] = /^([^/]+)\/([^/]+)\/(.+)$/.exec(name) ?? [];
    // For clients that find no *.localhost.
    const [, location] = host === this.domain.replace('localhost', '127.0.0.1') ? [host, this.#world.region] : (/^([a-z0-9-]+)-docker\.(.+)$/.exec(host) ?? []);
    if (location === undefined || image === undefined || !(host.endsWith(`-docker.${this.domain}`) || host.startsWith('127.'))) return undefined;
    return { repository: `projects/${project}/locations/${location}/repositories/${repository}`, package: image };
  }

  repository({ repository }: Place): Repository | undefined {
    const found = this.#world.repositories.get(repository);
    return found?.format === 'DOCKER' ? found : undefined;
  }

  /** Undefined before anything was sent to it. */
  find({ repository, package: name }: Place): Package | undefined {
    return this.#packages.get(`${repository}/${name}`);
  }

  open(place: Place): Package {
    const key = `${place.repository}/${place.package}`;
    const held = this.#packages.get(key) ?? { manifests: new Map(), tags: new Map(), blobs: new Set() };
    this.#packages.set(key, held);
    return held;
  }

  /** A new version of the package, or another tag of it. */
  name(place: Place, digest: string, tag: string | null, manifest: Manifest): void {
    const held = this.open(place);
    held.manifests.set(digest, manifest);
    if (tag !== null) held.tags.set(tag, digest);
    this.#tell(place, held);
  }

  /** With its tags, and the blobs that no other version has. */
  removeVersion(place: Place, digest: string): void {
    const held = this.open(place);
    held.manifests.delete(digest);
    for (const [tag, named] of held.tags) if (named === digest) held.tags.delete(tag);
    const needed = new Set([...held.manifests.values()].flatMap(({ bytes }) => blobsOf(bytes)));
    for (const blob of held.blobs) if (!needed.has(blob)) held.blobs.delete(blob);
    this.#tell(place, held);
  }

  removePackage(place: Place): void {
    this.#packages.delete(`${place.repository}/${place.package}`);
  }

  #tell(place: Place, { manifests }: Package): void {
    this.repository(place)?.packages.set(place.package, [...manifests.keys()]);
  }

  blobFile(digest: string): string {
    return path.join(this.#world.folder, 'blobs', digest.replace(':', '-'));
  }

  /** @param file is moved */
  async keep(place: Place, digest: string, file: string): Promise<void> {
    const to = this.blobFile(digest);
    await mkdir(path.dirname(to), { recursive: true });
    if (existsSync(to)) await rm(file);
    else await rename(file, to);
    this.open(place).blobs.add(digest);
  }
}

/** Of an image: its configuration and its layers; of an index: the manifests that it names. */
export function blobsOf(manifest: Buffer): string[] {
  const { config, layers = [], manifests = [] } = JSON.parse(manifest.toString()) as { config?: { digest: string }; layers?: { digest: string }[]; manifests?: { digest: string }[] };
  return [...(config ? [config] : []), ...layers, ...manifests].map(({ digest }) => digest);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
