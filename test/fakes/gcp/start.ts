/** Starts the fake of Google Cloud: APIs on ports of their own, over one world. See README.md. */
import { rm } from 'node:fs/promises';
import { Functions } from './functions/functions.ts';
import { functionsJson } from './functions/json.ts';
import { startUploads } from './functions/upload.ts';
import { startMetadata } from './identity/metadata.ts';
import { locations } from './locations.ts';
import { Revisions } from './run/revision-calls.ts';
import { Services } from './run/services.ts';
import { artifactRegistry, cloudBuild } from './rest/builds.ts';
import { iamCredentials } from './rest/credentials.ts';
import { iam } from './rest/iam.ts';
import { logging } from './rest/logging.ts';
import { billing, resourceManager, serviceUsage } from './rest/projects.ts';
import { secretManager } from './rest/secrets.ts';
import type { Call, Fault, Hold, Point } from './transport/gate.ts';
import { type Admission, type Room, startGrpc } from './transport/grpc.ts';
import { FUNCTIONS, LOCATIONS, OPERATIONS, RUN_REVISIONS, RUN_SERVICES } from './transport/protos.ts';
import { type Endpoint, type HttpServer, restListener, startRest } from './transport/rest.ts';
import { certificates } from './transport/tls.ts';
import { type Options, World } from './world.ts';

export interface Gcp {
  project: string;
  region: string;
  /** What the CLI, as a process, needs to use this in place of Google Cloud. */
  env: Record<string, string>;
  /** All calls so far, of every API, and requests of served URLs. */
  calls: Call[];
  /** What is there, to be looked at and set up: APIs, policies, accounts, logs, secrets, operations. */
  world: World;
  services: Services;
  functions: Functions;
  metadata: Awaited<ReturnType<typeof startMetadata>>;
  /** Forgets the calls so far; faults and holds stay. */
  clear(): void;
  fault(point: Point, fault: Fault): void;
  hold(point: Point, at: 'request' | 'answer'): Hold;
  stop(): Promise<void>;
}

export async function startGcp(options: Options = {}): Promise<Gcp> {
  const world = new World(options);
  const services = new Services(world);
  const functions = new Functions(world, services);
  const revisions = new Revisions(world, services);
  const { gate } = world;
  const admission = (service: string): Admission => ({ authorization, resource, method }) => {
    const member = world.tokens.memberOf(authorization, service);
    world.admit(service, resource);
    if (method === 'GetOperation') world.policies.require(member, `${service.split('.')[0]}.operations.get`, `projects/${world.project}`);
    return { member };
  };
  const room = (service: Room['service'], methods: object): Room => ({ service, methods: methods as Room['methods'] });
  const { operations } = world;
  const runRooms = [room(RUN_SERVICES, services.methods), room(RUN_REVISIONS, revisions.methods), room(OPERATIONS, operations.methods()), room(LOCATIONS, locations)];
  const run = await startGrpc('run', runRooms, gate, admission('run.googleapis.com'));
  const functionRooms = [room(FUNCTIONS, functions.methods), room(OPERATIONS, operations.refusing()), room(LOCATIONS, locations)];
  const admitted = admission('cloudfunctions.googleapis.com');
  const json = restListener('functions', functionsJson(functions, operations), gate, admitted);
  const cloudfunctions = await startGrpc('functions', functionRooms, gate, admitted, json);
  const uploads = await startUploads(world);
  functions.uploadUrl = `${uploads.url}/upload`;
  let account = world.email('deployer');
  const metadata = await startMetadata(world, () => account);
  const rests: Record<string, HttpServer> = {};
  const apis: Record<string, Endpoint[]> = {
    iam: iam(world),
    cloudresourcemanager: resourceManager(world),
    serviceusage: serviceUsage(world),
    cloudbilling: billing(world),
    logging: logging(world),
    secretmanager: secretManager(world),
    artifactregistry: artifactRegistry(world),
    cloudbuild: cloudBuild(world),
    iamcredentials: iamCredentials(world),
  };
  for (const [api, endpoints] of Object.entries(apis)) rests[api] = await startRest(api, endpoints, gate, admission(`${api}.googleapis.com`));
  const host = metadata.url.slice('http://'.length);
  Object.assign(world.servedEnv, { GCE_METADATA_HOST: host, GCE_METADATA_ROOT: host, GCE_METADATA_IP: host, ...(options.storage && { STORAGE_EMULATOR_HOST: options.storage }) });
  const overrides = Object.entries(rests).map(([api, { url }]) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`, `${url}/`]);
  const { authority } = certificates();
  const env: Record<string, string> = {
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `https://localhost:${run.port}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDFUNCTIONS: `https://localhost:${cloudfunctions.port}/`,
    ...Object.fromEntries(overrides),
    ...(options.storage && { STORAGE_EMULATOR_HOST: options.storage }),
    GCE_METADATA_HOST: host,
    METADATA_SERVER_DETECTION: 'assume-present',
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: authority,
    NODE_EXTRA_CA_CERTS: authority,
    GOOGLE_CLOUD_PROJECT: world.project,
    GOOGLE_APPLICATION_CREDENTIALS: '',
    CLOUDSDK_RUN_REGION: world.region,
    CLOUDSDK_CONFIG: world.folder,
    NO_PROXY: '127.0.0.1,localhost',
  };
  return {
    project: world.project,
    region: world.region,
    env,
    calls: gate.calls,
    world,
    services,
    functions,
    metadata,
    clear: () => void gate.calls.splice(0),
    fault: (point, fault) => gate.fault(point, fault),
    hold: (point, at) => gate.hold(point, at),
    stop: async () => {
      gate.calm();
      await Promise.all([run.stop(), cloudfunctions.stop(), uploads.stop(), metadata.stop(), ...Object.values(rests).map((rest) => rest.stop())]);
      await world.operations.stop();
      await services.stop();
      await rm(world.folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
