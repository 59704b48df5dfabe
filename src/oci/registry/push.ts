/** An image into a registry: what is there is not sent, what another repository there has is mounted, and the manifest comes last. */
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import type { Locate } from '../archive.ts';
import type { Image } from '../image.ts';
import type { Descriptor } from '../media.ts';
import { type Reference, referenceText } from '../reference.ts';
import { refused } from './refusals.ts';
import type { Session } from './session.ts';
import { sendBlob, type Upload } from './upload.ts';

export interface Pushed {
  /** `HOST/REPOSITORY:TAG` */
  reference: string;
  /** By which it is deployed: `HOST/REPOSITORY@sha256:...`. */
  pinned: string;
  /** Of blobs, by what became of them. */
  blobs: { sent: number; mounted: number; there: number };
  /** Sent. */
  bytes: number;
}

const LANES = 3;
type Fate = 'sent' | 'mounted' | 'there';

interface Task {
  descriptor: Descriptor;
  source(): Promise<Upload['source']>;
  /** Repository of the same registry that has it. */
  from: string | null;
}

/** @param from where the base's blobs may be in the same registry. @throws OCI_* */
export async function pushImage(ctx: Context, session: Session, image: Image, to: Reference, locate: Locate, from: { host: string; repository: string } | null): Promise<Pushed> {
  const mountable = from !== null && from.host === to.registry && from.repository !== to.repository ? from.repository : null;
  const tasks = new Map<string, Task>();
  for (const layer of image.layers) {
    tasks.set(layer.descriptor.digest, { descriptor: layer.descriptor, source: async () => ({ file: await locate(layer) }), from: layer.what === 'base' ? mountable : null });
  }
  tasks.set(image.config.digest, { descriptor: image.config, source: async () => ({ bytes: image.bytes.config }), from: null });
  const pusher = new Pusher(ctx, session, to, [...tasks.values()], mountable);
  const fates = await pusher.run();
  await pusher.name(image);
  const count = (fate: Fate) => fates.filter((each) => each === fate).length;
  return {
    reference: referenceText(to),
    pinned: referenceText({ ...to, tag: null, digest: image.manifest.digest }),
    blobs: { sent: count('sent'), mounted: count('mounted'), there: count('there') },
    bytes: pusher.sent,
  };
}

/** Blobs, and the manifest over them. */
export class Pusher {
  sent = 0;
  /** How far each blob has come. */
  readonly #at = new Map<string, number>();
  readonly #scopes: string[];
  readonly #total: number;

  constructor(
    readonly ctx: Context,
    readonly session: Session,
    readonly to: Reference,
    readonly tasks: Task[],
    mountable: string | null,
  ) {
    this.#scopes = [`repository:${to.repository}:pull,push`, ...(mountable === null ? [] : [`repository:${mountable}:pull`])];
    this.#total = tasks.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  }

  /** A few at a time; when one fails the others come to their end first. */
  async run(): Promise<Fate[]> {
    const fates: Fate[] = [];
    const queue = this.tasks.values();
    let failed = false;
    const lane = async () => {
      for (const task of queue) {
        if (failed) return;
        try {
          fates.push(await this.#one(task));
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: LANES }, lane));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return fates;
  }

  /** The manifest is what makes an image of the blobs: under the tag, or by its digest where there is none. */
  async name({ manifest, bytes }: { manifest: Descriptor; bytes: { manifest: Buffer } }): Promise<void> {
    const { repository, tag } = this.to;
    const doing = `naming ${referenceText(this.to)}`;
    const body = () => ({ size: bytes.manifest.length, pieces: (async function* () { yield bytes.manifest; })() });
    const url = `/v2/${repository}/manifests/${tag ?? manifest.digest}`;
    const reply = await this.session.ask({ method: 'PUT', url, headers: { 'content-type': manifest.mediaType }, body, scopes: this.#scopes, doing });
    if (reply.status !== 201 && reply.status !== 200) throw await refused(this.session.registry, doing, reply);
    reply.stream.resume();
    const told = reply.headers['docker-content-digest'];
    if (told === undefined || told === manifest.digest) return;
    throw new MlfnError('OCI_DIGEST', `${this.session.registry} made ${told} of ${manifest.digest}.`, { hint: 'Have the registry keep manifests as they are.', details: { told, sent: manifest.digest } });
  }

  async #one(task: Task): Promise<Fate> {
    const { descriptor, from } = task;
    const { repository } = this.to;
    const doing = `looking for ${descriptor.digest} in ${this.session.registry}/${repository}`;
    const head = await this.session.ask({ method: 'HEAD', url: `/v2/${repository}/blobs/${descriptor.digest}`, scopes: this.#scopes, doing });
    head.stream.resume();
    if (head.status === 200) {
      this.#tell(descriptor, descriptor.size);
      return 'there';
    }
    if (head.status !== 404) throw await refused(this.session.registry, doing, head);
    const mounted = from === null ? null : await this.#mount(descriptor, from);
    if (mounted === 'mounted') {
      this.#tell(descriptor, descriptor.size);
      return mounted;
    }
    const upload: Upload = { repository, descriptor, source: await task.source(), scopes: this.#scopes, sent: (bytes) => void (this.sent += bytes), at: (bytes) => this.#tell(descriptor, bytes), ...(mounted === null ? {} : { begun: mounted.begun }) };
    await sendBlob(this.ctx, this.session, upload);
    return 'sent';
  }

  /** A registry that does not mount begins an upload instead. */
  async #mount({ digest }: Descriptor, from: string): Promise<'mounted' | { begun: string } | null> {
    const asked = new URLSearchParams({ mount: digest, from });
    const doing = `mounting ${digest} from ${from}`;
    const reply = await this.session.ask({ method: 'POST', url: `/v2/${this.to.repository}/blobs/uploads/?${asked}`, scopes: this.#scopes, doing });
    reply.stream.resume();
    if (reply.status === 201) return 'mounted';
    const { location } = reply.headers;
    return reply.status === 202 && location !== undefined ? { begun: new URL(location, reply.url).href } : null;
  }

  #tell({ digest }: Descriptor, bytes: number): void {
    this.#at.set(digest, bytes);
    const done = [...this.#at.values()].reduce((sum, each) => sum + each, 0);
    this.ctx.emit({ type: 'progress', text: `sending to ${this.session.registry}/${this.to.repository}`, done, total: this.#total });
  }
}
