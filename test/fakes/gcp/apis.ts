/** The servers of the fake: gRPC and JSON of Run and Functions, the small APIs, upload URLs, metadata servers. */
import { Functions } from './functions/functions.ts';
import { functionsJson } from './functions/json.ts';
import { startUploads } from './functions/upload.ts';
import { Identities, type Metadata, startMetadata } from './identity/metadata.ts';
import { locations } from './locations.ts';
import { Images } from './registry/images.ts';
import { startRegistry } from './registry/server.ts';
import { artifactRegistry } from './rest/artifacts.ts';
import { cloudBuild } from './rest/builds.ts';
import { artifactPackages } from './rest/packages.ts';
import { iamCredentials } from './rest/credentials.ts';
import { iam } from './rest/iam.ts';
import { logging } from './rest/logging.ts';
import { billing, resourceManager, serviceUsage } from './rest/projects.ts';
import { secretManager } from './rest/secrets.ts';
import { Revisions } from './run/revision-calls.ts';
import { Services } from './run/services.ts';
import { type Admission, type Room, startGrpc } from './transport/grpc.ts';
import { FUNCTIONS, LOCATIONS, OPERATIONS, RUN_REVISIONS, RUN_SERVICES } from './transport/protos.ts';
import { type Endpoint, restListener, startRest } from './transport/rest.ts';
import type { World } from './world.ts';

export interface Apis {
  services: Services;
  functions: Functions;
  metadata: Metadata;
  /** Of Artifact Registry. */
  images: Images;
  /** Where each is, by the name that gcloud's variables have: `RUN`. */
  urls: Record<string, string>;
  stop(): Promise<void>;
}

/** @param storage where Cloud Storage is, for the served code */
export async function startApis(world: World, storage: string): Promise<Apis> {
  const images = new Images(world);
  const registry = await startRegistry(world, images);
  const services = new Services(world, images);
  const functions = new Functions(world, services);
  const run = await startRun(world, services);
  const cloudfunctions = await startFunctions(world, functions);
  const uploads = await startUploads(world);
  functions.uploadUrl = `${uploads.url}/upload`;
  const metadata = await startMetadata(world, world.email('deployer'));
  const identities = new Identities(world);
  world.servedEnv = async (email) => ({ GCE_METADATA_HOST: await identities.host(email), STORAGE_EMULATOR_HOST: storage });
  const rests = await Promise.all(Object.entries(small(world, images)).map(async ([api, endpoints]) => ({ api, server: await startRest(api, endpoints, world.gate, admission(world, api)) })));
  return {
    services,
    functions,
    metadata,
    images,
    urls: {
      RUN: `https://localhost:${run.port}/`,
      CLOUDFUNCTIONS: `https://localhost:${cloudfunctions.port}/`,
      ...Object.fromEntries(rests.map(({ api, server }) => [api.toUpperCase(), `${server.url}/`])),
    },
    stop: async () => {
      await Promise.all([run, cloudfunctions, uploads, registry, metadata, ...rests.map(({ server }) => server)].map((server) => server.stop()));
      await world.operations.stop();
      await services.stop();
      await identities.stop();
    },
  };
}

function small(world: World, images: Images): Record<string, Endpoint[]> {
  return {
    iam: iam(world),
    iamcredentials: iamCredentials(world),
    cloudresourcemanager: resourceManager(world),
    serviceusage: serviceUsage(world),
    cloudbilling: billing(world),
    logging: logging(world),
    secretmanager: secretManager(world),
    artifactregistry: [...artifactRegistry(world), ...artifactPackages(world, images)],
    cloudbuild: cloudBuild(world),
  };
}

function startRun(world: World, services: Services) {
  const revisions = new Revisions(world, services);
  const rooms = [room(RUN_SERVICES, services.methods), room(RUN_REVISIONS, revisions.methods), room(OPERATIONS, world.operations.methods()), room(LOCATIONS, locations)];
  return startGrpc('run', rooms, world.gate, admission(world, 'run'));
}

function startFunctions(world: World, functions: Functions) {
  const admit = admission(world, 'cloudfunctions');
  const rooms = [room(FUNCTIONS, functions.methods), room(OPERATIONS, world.operations.refusing()), room(LOCATIONS, locations)];
  const json = restListener('functions', functionsJson(functions, world.operations), world.gate, admit);
  return startGrpc('functions', rooms, world.gate, admit, json);
}

function room(service: Room['service'], methods: object): Room {
  return { service, methods: methods as Room['methods'] };
}

/** Who calls, and whether they may call this API at all. */
function admission(world: World, api: string): Admission {
  return ({ authorization, resource, method }) => {
    const member = world.tokens.memberOf(authorization, `${api}.googleapis.com`);
    world.admit(`${api}.googleapis.com`, resource);
    if (method === 'GetOperation') world.policies.require(member, `${api}.operations.get`, `projects/${world.project}`);
    return { member };
  };
}
