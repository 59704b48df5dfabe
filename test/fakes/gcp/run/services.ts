/** google.cloud.run.v2.Services: create, update, get, list, delete. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { masked } from '../mask.ts';
import { invalid, Status } from '../status.ts';
import type { Caller } from '../transport/grpc.ts';
import type { Operation } from '../operations.ts';
import type { Images } from '../registry/images.ts';
import type { World } from '../world.ts';
import { SETTABLE, withDefaults } from './defaults.ts';
import { HeldService } from './held.ts';
import { last, now, type Service, type Template } from './messages.ts';
import { type HeldRevision, type Image, newRevision, start } from './revisions.ts';
import { accept, fresh, settle, suffix } from './state.ts';
import { checkTraffic } from './traffic.ts';
import { checkService, checkServiceId } from './validate.ts';

const TYPE = 'type.googleapis.com/google.cloud.run.v2.Service';

export class Services {
  readonly #world: World;
  readonly #registry: Images;
  /** By full name. */
  readonly held = new Map<string, HeldService>();
  /** What builds made, by their image's name. */
  readonly images = new Map<string, Image>();

  constructor(world: World, registry: Images) {
    this.#world = world;
    this.#registry = registry;
  }

  find(name: string): HeldService {
    const held = this.held.get(this.#byId(name));
    if (!held) throw new Status('NOT_FOUND', `Resource '${last(name)}' of kind 'SERVICE' in region '${name.split('/')[3]}' in project '${this.#world.project}' does not exist.`);
    return held;
  }

  methods = {
    CreateService: ({ parent, service, serviceId, validateOnly }: { parent: string; service?: Service; serviceId?: string; validateOnly?: boolean }, { member }: Caller): Promise<Operation> => {
      this.#world.policies.require(member, 'run.services.create', parent);
      checkServiceId(serviceId);
      if (!service) throw invalid('service', 'must be set.');
      const name = this.#byId(`${parent}/services/${serviceId}`);
      if (this.held.has(name)) throw new Status('ALREADY_EXISTS', `Resource '${serviceId}' already exists.`);
      return this.change({ name, wanted: { ...service, name }, member, validateOnly });
    },
    UpdateService: ({ service, updateMask, validateOnly, allowMissing }: { service?: Service; updateMask?: { paths?: string[] }; validateOnly?: boolean; allowMissing?: boolean }, { member }: Caller): Promise<Operation> => {
      if (!service?.name) throw invalid('service.name', 'must be set.');
      const name = this.#byId(service.name);
      if (allowMissing && !this.held.has(name)) {
        return this.methods.CreateService({ parent: name.split('/').slice(0, 4).join('/'), service, serviceId: last(name), ...(validateOnly && { validateOnly }) }, { member });
      }
      this.#world.policies.require(member, 'run.services.update', name);
      const current = this.find(name).service;
      if (service.etag && service.etag !== current.etag) throw new Status('ABORTED', `Conflict for resource '${last(name)}': version '${service.etag}' was specified but current version is '${current.etag}'.`);
      return this.change({ name, wanted: masked(current, service, updateMask?.paths ?? [], SETTABLE), member, validateOnly });
    },
    GetService: ({ name }: { name: string }, { member }: Caller): Service => {
      this.#world.policies.require(member, 'run.services.get', this.#byId(name));
      return this.find(name).service;
    },
    ListServices: ({ parent, pageSize = 0, pageToken }: { parent: string; pageSize?: number; pageToken?: string }, { member }: Caller) => {
      this.#world.policies.require(member, 'run.services.list', parent);
      const all = [...this.held.values()].map(({ service }) => service).filter(({ name }) => name.startsWith(`${this.#byId(parent)}/`)).toReversed();
      const from = Number(pageToken ?? 0);
      const to = from + (pageSize || 100);
      return { services: all.slice(from, to), ...(to < all.length && { nextPageToken: String(to) }) };
    },
    DeleteService: ({ name, etag: given, validateOnly }: { name: string; etag?: string; validateOnly?: boolean }, { member }: Caller): Operation | Promise<Operation> => {
      this.#world.policies.require(member, 'run.services.delete', this.#byId(name));
      const { service } = this.find(name);
      if (given && given !== service.etag) throw new Status('ABORTED', `Conflict for resource '${last(name)}': version '${given}' was specified but current version is '${service.etag}'.`);
      if (validateOnly) return this.#done(service);
      return this.#operation(service, () => this.remove(service.name));
    },
    GetIamPolicy: ({ resource, options }: { resource: string; options?: { requestedPolicyVersion?: number } }, { member }: Caller) => {
      this.#world.policies.require(member, 'run.services.getIamPolicy', resource);
      this.find(resource);
      return wirePolicy(this.#world.policies.get(this.#byId(resource), options?.requestedPolicyVersion ?? 1));
    },
    SetIamPolicy: ({ resource, policy }: { resource: string; policy?: { bindings?: []; etag?: Buffer } }, { member }: Caller) => {
      this.#world.policies.require(member, 'run.services.setIamPolicy', resource);
      this.find(resource);
      const { etag: given, ...rest } = policy ?? {};
      const text = given && given.length > 0 ? Buffer.from(given).toString('base64') : undefined;
      return wirePolicy(this.#world.policies.set(this.#byId(resource), { ...rest, ...(text && { etag: text }) }));
    },
    TestIamPermissions: ({ resource, permissions = [] }: { resource: string; permissions?: string[] }, { member }: Caller) => ({
      permissions: permissions.filter((permission) => this.#world.policies.allows(member, permission, this.#byId(resource))),
    }),
  };

  /** Checks the wanted service and starts the operation that makes it so. */
  async change({ name, wanted, member, validateOnly = false }: { name: string; wanted: Service; member: string; validateOnly?: boolean | undefined }): Promise<Operation> {
    const world = this.#world;
    const before = this.held.get(name);
    checkService(world, member, wanted, last(name));
    this.#mayRead(member, wanted);
    const template = withDefaults(world, wanted.template as Template);
    const same = before !== undefined && isDeepStrictEqual(before.service.template, template);
    const traffic = checkTraffic(wanted.traffic, last(name));
    if (!same && template.revision && before?.revisions.has(template.revision)) {
      throw new Status('ALREADY_EXISTS', `Revision named '${template.revision}' with different configuration already exists.`);
    }
    if (validateOnly) return this.#done({ ...wanted, template, traffic });
    const held = before ?? new HeldService(world, fresh(name, member));
    if (!before) this.held.set(name, held);
    const uri = await held.open();
    accept(held, wanted, template, traffic, member, uri);
    const revision = same ? undefined : this.#revise(held, template, member);
    return this.#operation(held.service, () => this.reconcile(held, revision));
  }

  /** Who deploys an image must be able to read it: https://cloud.google.com/run/docs/deploying#permissions_required_to_deploy */
  #mayRead(member: string, { template }: Service): void {
    const [, host = '', name = ''] = /^([^/]+)\/([^:@]+)/.exec(template?.containers?.[0]?.image ?? '') ?? [];
    const place = this.#registry.place(host, name);
    if (place !== undefined) this.#world.policies.require(member, 'artifactregistry.repositories.downloadArtifacts', place.repository);
  }

  /** What Cloud Functions does with a function's service: the change, and its end. Each deploy makes a revision. */
  async apply(wanted: Service, member: string): Promise<HeldService> {
    const world = this.#world;
    const held = this.held.get(wanted.name) ?? new HeldService(world, fresh(wanted.name, member));
    this.held.set(wanted.name, held);
    const template = withDefaults(world, wanted.template as Template);
    accept(held, wanted, template, wanted.traffic ?? [], member, await held.open());
    const revision = this.#revise(held, template, member);
    // Cloud Functions names the revision in the template, so that a change of the template alone is refused:
    // github.com/googleapis/google-cloud-python/issues/14259
    held.service.template = { ...template, revision: last(revision.revision.name) };
    await this.reconcile(held, revision);
    return held;
  }

  /** Brings the service to its wanted state: one change after the other. @throws Status of a revision that is not ready */
  reconcile(held: HeldService, revision: HeldRevision | undefined): Promise<Service> {
    const generation = held.service.generation as string;
    const turn = held.queue.then(async () => {
      try {
        if (revision) await start(this.#world, revision, this.images, this.#registry);
        // Something newer is wanted: its own turn routes.
        const overtaken = held.service.generation !== generation;
        settle(held, generation, overtaken ? (held.service.trafficStatuses ?? []) : await held.route(), null);
      } catch (error) {
        settle(held, generation, held.service.trafficStatuses ?? [], error as Status);
        throw error;
      }
      return held.service;
    });
    held.queue = turn.catch(() => {});
    return turn;
  }

  async remove(name: string): Promise<Service> {
    const held = this.find(name);
    this.held.delete(this.#byId(name));
    this.#world.policies.remove(held.service.name);
    await held.close();
    return { ...held.service, deleteTime: now(), expireTime: now() };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.held.values()].map((held) => held.close()));
  }

  #revise(held: HeldService, template: Template, member: string): HeldRevision {
    held.made += 1;
    const name = template.revision || `${held.id}-${String(held.made).padStart(5, '0')}-${suffix()}`;
    const revision = newRevision(held.service, name, template, member.slice(member.indexOf(':') + 1));
    held.revisions.set(name, revision);
    held.service.latestCreatedRevision = revision.revision.name;
    return revision;
  }

  #operation(service: Service, run: () => Promise<Service>): Operation {
    const parent = service.name.split('/').slice(0, 4).join('/');
    return this.#world.operations.start({
      parent,
      target: service.name,
      metadata: () => ({ '@type': TYPE, ...service }),
      run: async () => ({ '@type': TYPE, ...(await run()) }),
    });
  }

  async #done(service: Service): Promise<Operation> {
    return { name: `${service.name.split('/').slice(0, 4).join('/')}/operations/${randomUUID()}`, done: true, metadata: { '@type': TYPE, ...service }, response: { '@type': TYPE, ...service } };
  }

  /** With the project's id in the place of its number. */
  #byId(name: string): string {
    return name.replace(`projects/${this.#world.number}/`, `projects/${this.#world.project}/`);
  }
}

function wirePolicy({ etag: text, ...policy }: { etag: string }): object {
  return { ...policy, etag: Buffer.from(text, 'base64') };
}
