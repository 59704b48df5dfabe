/** google.cloud.functions.v2.FunctionService over the Run services that it makes. */
import { randomUUID } from 'node:crypto';
import { last, now, type Service, type Template } from '../run/messages.ts';
import type { Services } from '../run/services.ts';
import { RUNTIMES } from '../runner/runtimes.ts';
import { type Detail, invalid, Status } from '../status.ts';
import type { Caller } from '../transport/grpc.ts';
import type { Operation } from '../operations.ts';
import type { World } from '../world.ts';
import { type Build, make, newBuild } from './build.ts';
import { maskedFunction } from './mask.ts';
import type { Fn } from './messages.ts';
import { serviceOf } from './service.ts';
import { checkFunction, checkFunctionId } from './validate.ts';

const TYPE = 'type.googleapis.com/google.cloud.functions.v2.Function';
const METADATA = 'type.googleapis.com/google.cloud.functions.v2.OperationMetadata';

/** google.cloud.functions.v2.OperationMetadata */
interface Progress extends Detail {
  stages: { name: string; state: string }[];
}

export class Functions {
  readonly #world: World;
  readonly #services: Services;
  /** Where upload URLs are: `http://127.0.0.1:PORT/upload`. */
  uploadUrl = '';
  readonly held = new Map<string, Fn>();

  constructor(world: World, services: Services) {
    this.#world = world;
    this.#services = services;
  }

  methods = {
    GetFunction: ({ name }: { name: string }, { member }: Caller): Fn => {
      this.#world.policies.require(member, 'cloudfunctions.functions.get', name);
      return this.#seen(this.#find(name));
    },
    ListFunctions: ({ parent, pageSize = 0, pageToken }: { parent: string; pageSize?: number; pageToken?: string }, { member }: Caller) => {
      this.#world.policies.require(member, 'cloudfunctions.functions.list', parent);
      const prefix = parent.replace(/\/locations\/-$/, '/locations/');
      const all = [...this.held.values()].filter(({ name }) => name.startsWith(prefix)).map((fn) => this.#seen(fn));
      const from = Number(pageToken ?? 0);
      const to = from + (pageSize || 1000);
      return { functions: all.slice(from, to), ...(to < all.length && { nextPageToken: String(to) }) };
    },
    CreateFunction: async ({ parent, function: fn, functionId }: { parent: string; function?: Fn; functionId?: string }, { member }: Caller): Promise<Operation> => {
      this.#world.policies.require(member, 'cloudfunctions.functions.create', parent);
      const id = functionId ?? (fn?.name ? last(fn.name) : undefined);
      checkFunctionId(id);
      if (!fn) throw invalid('function', 'must be set.');
      const name = `${parent}/functions/${id}`;
      if (this.held.has(name)) throw new Status('ALREADY_EXISTS', `Could not create Cloud Run function ${id}. A function with this name already exists.`);
      const wanted = { ...fn, name };
      await this.#check(member, wanted);
      return this.#deploy(wanted, 'create', member);
    },
    UpdateFunction: async ({ function: fn, updateMask }: { function?: Fn; updateMask?: { paths?: string[] } }, { member }: Caller): Promise<Operation> => {
      if (!fn?.name) throw invalid('function.name', 'must be set.');
      this.#world.policies.require(member, 'cloudfunctions.functions.update', fn.name);
      const current = this.#find(fn.name);
      this.#free(fn.name);
      const wanted = maskedFunction(current, fn, updateMask?.paths ?? []);
      await this.#check(member, wanted);
      return this.#deploy(wanted, 'update', member);
    },
    DeleteFunction: ({ name }: { name: string }, { member }: Caller): Operation => {
      this.#world.policies.require(member, 'cloudfunctions.functions.delete', name);
      const fn = this.#find(name);
      this.#free(name);
      fn.state = 'DELETING';
      const metadata = this.#metadata(name, 'delete', 'DELETE_FUNCTION');
      return this.#world.operations.start({
        parent: parentOf(name),
        target: name,
        metadata: () => metadata,
        run: async () => {
          if (this.#services.held.has(serviceName(name))) await this.#services.remove(serviceName(name));
          this.held.delete(name);
          return { '@type': 'type.googleapis.com/google.protobuf.Empty', value: {} };
        },
      });
    },
    GenerateUploadUrl: ({ parent }: { parent: string }, { member }: Caller) => {
      this.#world.policies.require(member, 'cloudfunctions.functions.sourceCodeSet', parent);
      const storageSource = { bucket: `gcf-v2-uploads-${this.#world.number}.${last(parent)}.cloudfunctions.appspot.com`, object: `${randomUUID()}.zip` };
      const query = `X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=1800&X-Goog-SignedHeaders=content-type%3Bhost&X-Goog-Signature=${randomUUID().replaceAll('-', '')}`;
      return { uploadUrl: `${this.uploadUrl}/${storageSource.bucket}/${storageSource.object}?${query}`, storageSource };
    },
    ListRuntimes: ({ parent }: { parent: string }, { member }: Caller) => {
      this.#world.policies.require(member, 'cloudfunctions.runtimes.list', parent);
      return { runtimes: RUNTIMES.map((name) => ({ name, displayName: `Python 3.${name.slice('python3'.length)}`, stage: 'GA', environment: 'GEN_2' })) };
    },
  };

  #find(name: string): Fn {
    const fn = this.held.get(name);
    if (!fn) throw new Status('NOT_FOUND', `Resource '${name}' was not found`);
    return fn;
  }

  /** A function that is being changed is not changed again. */
  #free(name: string): void {
    if (this.#world.operations.busy(name)) throw new Status('ABORTED', 'unable to queue the operation');
  }

  async #check(member: string, fn: Fn): Promise<void> {
    checkFunction(this.#world, member, fn);
    const { bucket = '', object = '' } = fn.buildConfig?.source?.storageSource ?? {};
    if (!(await this.#world.sources.exists({ bucket, object }))) throw new Status('INVALID_ARGUMENT', `Could not fetch the source: gs://${bucket}/${object} was not found.`);
  }

  #deploy(wanted: Fn, verb: 'create' | 'update', member: string): Operation {
    const { name } = wanted;
    const build = newBuild(this.#world, wanted);
    const metadata = this.#metadata(name, verb, verb === 'create' ? 'CREATE_FUNCTION' : 'UPDATE_FUNCTION', build);
    const before = this.held.get(name);
    this.held.set(name, { ...wanted, environment: 'GEN_2', state: 'DEPLOYING', createTime: before?.createTime ?? now(), updateTime: now() });
    return this.#world.operations.start({
      parent: parentOf(name),
      target: name,
      metadata: () => metadata,
      run: async () => {
        try {
          await this.#made(wanted, build, metadata, member);
        } catch (error) {
          this.#failed(name, before, error as Error);
          throw error;
        }
        Object.assign(metadata, { endTime: now() });
        return { '@type': TYPE, ...this.#seen(this.held.get(name) as Fn) };
      },
    });
  }

  async #made(wanted: Fn, build: Build, metadata: Progress, member: string): Promise<void> {
    const { name } = wanted;
    const world = this.#world;
    stage(metadata, 'BUILD', 'IN_PROGRESS');
    const { name: image, image: started } = await make(world, wanted, build);
    stage(metadata, 'BUILD', 'COMPLETE');
    this.#services.images.set(image, started);
    world.pushed(image);
    stage(metadata, 'SERVICE', 'IN_PROGRESS');
    const service = serviceOf(world, wanted, image, this.#services.held.get(serviceName(name))?.service);
    await this.#run(service, member);
    stage(metadata, 'SERVICE', 'COMPLETE');
    const fn = this.held.get(name) as Fn;
    const { bucket = '', object = '' } = wanted.buildConfig?.source?.storageSource ?? {};
    Object.assign(fn, {
      state: 'ACTIVE',
      stateMessages: [],
      updateTime: now(),
      buildConfig: { ...wanted.buildConfig, build: build.name, dockerRegistry: 'ARTIFACT_REGISTRY', dockerRepository: `${parentOf(name)}/repositories/gcf-artifacts`, automaticUpdatePolicy: {}, sourceProvenance: { resolvedStorageSource: { bucket, object, generation: '1' } } },
    });
  }

  /** @throws as Cloud Functions puts what Cloud Run says */
  async #run(service: Service, member: string): Promise<void> {
    try {
      const held = await this.#services.apply(service, member);
      const { latestCreatedRevision, latestReadyRevision } = held.service;
      if (latestCreatedRevision !== latestReadyRevision) throw new Status('FAILED_PRECONDITION', held.service.terminalCondition?.message ?? 'not ready');
    } catch (error) {
      const why = (error as Error).message;
      throw new Status('INVALID_ARGUMENT', `Could not create or update Cloud Run service ${last(service.name)}, Container Healthcheck failed. ${why}`);
    }
  }

  #failed(name: string, before: Fn | undefined, error: Error): void {
    const fn = this.held.get(name) as Fn;
    Object.assign(fn, { state: before?.serviceConfig ? 'ACTIVE' : 'FAILED', updateTime: now(), stateMessages: [{ severity: 'ERROR', type: 'CloudRunServiceNotFound', message: error.message }] });
    if (this.#services.held.has(serviceName(name))) Object.assign(fn, { state: 'UNKNOWN' });
  }

  /** With what its Run service says now. */
  #seen(fn: Fn): Fn {
    const held = this.#services.held.get(serviceName(fn.name));
    const { service: _, revision: _revision, uri: _uri, ...own } = fn.serviceConfig ?? {};
    if (!held) return { ...fn, serviceConfig: own };
    const { service } = held;
    const template = service.template as Template;
    const latest = service.latestReadyRevision;
    const whole = latest !== undefined && held.routed(last(latest)).percent === 100;
    return {
      ...fn,
      ...(service.uri && { url: service.uri }),
      serviceConfig: {
        ...own,
        service: service.name,
        ...(service.uri && { uri: service.uri }),
        ...(latest && { revision: last(latest) }),
        serviceAccountEmail: template.serviceAccount as string,
        timeoutSeconds: Number(template.timeout?.seconds),
        maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency as number,
        maxInstanceCount: template.scaling?.maxInstanceCount as number,
        ingressSettings: own.ingressSettings ?? 'ALLOW_ALL',
        availableMemory: own.availableMemory ?? '256M',
        availableCpu: template.containers?.[0]?.resources?.limits?.['cpu'] as string,
        allTrafficOnLatestRevision: whole,
      },
    };
  }

  #metadata(name: string, verb: string, operationType: string, build?: Build): Progress {
    const stages = ['ARTIFACT_REGISTRY', 'BUILD', 'SERVICE'].map((one) => ({ name: one, state: one === 'ARTIFACT_REGISTRY' ? 'COMPLETE' : 'NOT_STARTED', message: '', resource: '' }));
    if (build) Object.assign(stages[1] as object, { resource: build.name, resourceUri: `https://console.cloud.google.com/cloud-build/builds;region=${name.split('/')[3]}/${build.id}?project=${this.#world.number}` });
    return { '@type': METADATA, createTime: now(), target: name, verb, cancelRequested: false, apiVersion: 'v2', operationType, stages: build ? stages : [], ...(build && { buildName: build.name }) };
  }
}

function stage(metadata: { stages: { name: string; state: string }[] }, name: string, state: string): void {
  const found = metadata.stages.find((one) => one.name === name);
  if (found) found.state = state;
}

function parentOf(name: string): string {
  return name.split('/').slice(0, 4).join('/');
}

function serviceName(name: string): string {
  return name.replace('/functions/', '/services/');
}

