/** Starts the fake of Google Cloud with a Cloud Storage beside it. See README.md. */
import { rm } from 'node:fs/promises';
import { startStorage, type StorageLab } from '../../gcp/lab/storage.ts';
import { type Apis, startApis } from './apis.ts';
import type { Call, Fault, Hold, Point } from './transport/gate.ts';
import { certificates } from './transport/tls.ts';
import { type Options, World } from './world.ts';

export interface Gcp extends Pick<Apis, 'services' | 'functions' | 'metadata' | 'images'> {
  project: string;
  region: string;
  /** What the CLI, as a process, needs to use this in place of Google Cloud. */
  env: Record<string, string>;
  /** All calls so far, of every API but Cloud Storage, and requests of served URLs. */
  calls: Call[];
  /** What is there, to be looked at and set up: APIs, policies, accounts, logs, secrets, operations. */
  world: World;
  /** Cloud Storage: its own calls, faults and holds. */
  storage: StorageLab;
  /** Forgets the calls so far; faults and holds stay. */
  clear(): void;
  /** Names of the calls so far that change something, in order, without those of Cloud Storage. */
  changes(): string[];
  /** Bytes of all messages and bodies sent so far, to Cloud Storage too; not to served URLs. */
  sent(): number;
  fault(point: Point, fault: Fault): void;
  hold(point: Point, at: 'request' | 'answer'): Hold;
  stop(): Promise<void>;
}

export async function startGcp(options: Options = {}): Promise<Gcp> {
  const storage = await startStorage(options.project === undefined ? {} : { project: options.project });
  const world = new World(options, storage.endpoint);
  const { gate } = world;
  const { urls, stop, ...apis } = await startApis(world, storage.endpoint);
  const known = () => gate.calls.filter(({ name }) => !name.startsWith('url:'));
  return {
    ...apis,
    project: world.project,
    region: world.region,
    env: { ...environment(world, urls, apis), STORAGE_EMULATOR_HOST: storage.endpoint },
    calls: gate.calls,
    world,
    storage,
    clear: () => void gate.calls.splice(0),
    changes: () => known().map(({ name }) => name).filter((name) => !/^metadata:|[:.](get|list|test|generate|batchGet|access)/i.test(name)),
    sent: () => storage.sent() + known().reduce((sum, { bytes }) => sum + bytes, 0),
    fault: (point, fault) => gate.fault(point, fault),
    hold: (point, at) => gate.hold(point, at),
    stop: async () => {
      gate.calm();
      await stop();
      await storage.stop();
      await rm(world.folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function environment(world: World, urls: Record<string, string>, { metadata, images }: Pick<Apis, 'metadata' | 'images'>): Record<string, string> {
  const { authority } = certificates();
  return {
    ...Object.fromEntries(Object.entries(urls).map(([api, url]) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`, url])),
    GCE_METADATA_HOST: metadata.url.slice('http://'.length),
    CLOUDSDK_ARTIFACTS_DOMAIN: images.domain,
    METADATA_SERVER_DETECTION: 'assume-present',
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: authority,
    NODE_EXTRA_CA_CERTS: authority,
    GOOGLE_CLOUD_PROJECT: world.project,
    GOOGLE_APPLICATION_CREDENTIALS: '',
    CLOUDSDK_RUN_REGION: world.region,
    CLOUDSDK_CONFIG: world.folder,
    NO_PROXY: '127.0.0.1,localhost,.localhost',
  };
}
