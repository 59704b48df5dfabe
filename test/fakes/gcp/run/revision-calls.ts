/** google.cloud.run.v2.Revisions: get, list, delete. */
import { Status } from '../status.ts';
import type { Operation } from '../operations.ts';
import type { Caller } from '../transport/grpc.ts';
import type { World } from '../world.ts';
import type { HeldService } from './held.ts';
import { last, now, type Revision } from './messages.ts';
import type { HeldRevision } from './revisions.ts';
import type { Services } from './services.ts';

const TYPE = 'type.googleapis.com/google.cloud.run.v2.Revision';

export class Revisions {
  readonly #world: World;
  readonly #services: Services;

  constructor(world: World, services: Services) {
    this.#world = world;
    this.#services = services;
  }

  methods = {
    GetRevision: ({ name }: { name: string }, { member }: Caller): Revision => {
      this.#world.policies.require(member, 'run.revisions.get', name);
      return this.#find(name).held.revision;
    },
    ListRevisions: ({ parent, pageSize = 0, pageToken }: { parent: string; pageSize?: number; pageToken?: string }, { member }: Caller) => {
      this.#world.policies.require(member, 'run.revisions.list', parent);
      const services = last(parent) === '-' ? [...this.#services.held.values()] : [this.#services.find(parent)];
      const all = services.flatMap((service) => [...service.revisions.values()].map(({ revision }) => revision).toReversed());
      const from = Number(pageToken ?? 0);
      const to = from + (pageSize || 100);
      return { revisions: all.slice(from, to), ...(to < all.length && { nextPageToken: String(to) }) };
    },
    DeleteRevision: ({ name }: { name: string }, { member }: Caller): Operation => {
      this.#world.policies.require(member, 'run.revisions.delete', name);
      const { service, held } = this.#find(name);
      deletable(service, last(name));
      return this.#world.operations.start({
        parent: name.split('/').slice(0, 4).join('/'),
        target: name,
        metadata: () => ({ '@type': TYPE, ...held.revision }),
        run: async () => {
          service.revisions.delete(last(name));
          await held.instance?.stop();
          return { '@type': TYPE, ...held.revision, deleteTime: now() };
        },
      });
    },
  };

  #find(name: string): { service: HeldService; held: HeldRevision } {
    const service = this.#services.find(name.split('/').slice(0, 6).join('/'));
    const held = service.revisions.get(last(name));
    if (!held) throw new Status('NOT_FOUND', `Revision '${last(name)}' not found.`);
    return { service, held };
  }
}

/** Source: https://cloud.google.com/run/docs/managing/revisions#delete */
function deletable(service: HeldService, name: string): void {
  const { percent, tags } = service.routed(name);
  const refuse = (why: string) => new Status('FAILED_PRECONDITION', `Revision '${name}' cannot be deleted because ${why}.`);
  if (percent > 0) throw refuse('it is actively serving traffic');
  if (tags.length > 0) throw refuse(`it is reachable by the tag ${tags.join(', ')}`);
  if (service.service.latestCreatedRevision?.endsWith(`/${name}`)) throw refuse('it is the latest created revision of the service');
}
