/** Google's clients for one project, one region and one set of credentials, made when they are first asked for. */
import type { v2 } from '@google-cloud/functions';
import type { RevisionsClient, ServicesClient } from '@google-cloud/run';
import type { Storage } from '@google-cloud/storage';
import type { GoogleAuth } from 'google-gax';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { call } from './call.ts';
import type { GcpConfig } from './config.ts';
import { explainGcp } from './errors.ts';
import { bucketName } from './names.ts';
import { openStorage } from './storage/client.ts';
import { endpointOf, type RestApi, restHost } from './endpoints.ts';

export interface Session {
  ctx: Context;
  config: GcpConfig;
  project: string;
  region: string;
  bucket: string;
  auth: GoogleAuth;
  storage(): Promise<Storage>;
  functions(): Promise<v2.FunctionServiceClient>;
  services(): Promise<ServicesClient>;
  revisions(): Promise<RevisionsClient>;
  /**
   * REST of the small APIs, JSON in and out. @param path with its version: `/v1/projects/p/serviceAccounts`.
   * @throws what `explainGcp` makes of it; `gcpCode` tells what the API said
   */
  request<T>(api: RestApi, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, permission?: string): Promise<T>;
}

type Clients = Omit<Session, 'ctx' | 'config' | 'request'>;

export const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];
/** Clients live as long as the configuration: connections and tokens are used again by every step of a command. */
const opened = new WeakMap<GcpConfig, Promise<Clients>>();

/** @throws GCP_PROJECT, GCP_REGION, GCP_CREDENTIALS */
export async function openSession(ctx: Context, config: GcpConfig): Promise<Session> {
  let clients = opened.get(config);
  if (clients === undefined) opened.set(config, (clients = openClients(ctx, config)));
  const shared = await clients;
  return { ...shared, ctx, config, request: (...asked) => rest(ctx, shared.auth, ...asked) };
}

async function openClients(ctx: Context, config: GcpConfig): Promise<Clients> {
  const region = regionOf(ctx, config);
  const { GoogleAuth } = await import('google-gax');
  const named = config.project ?? ctx.env['GOOGLE_CLOUD_PROJECT'] ?? ctx.env['CLOUDSDK_CORE_PROJECT'];
  const auth = new GoogleAuth({ scopes: SCOPES, ...(named === undefined || named === '' ? {} : { projectId: named }) });
  const project = named === undefined || named === '' ? await projectOf(auth) : named;
  const options = (api: 'run' | 'cloudfunctions') => ({ auth, ...endpointOf(ctx.env, api) });
  return {
    project,
    region,
    auth,
    bucket: config.bucket ?? bucketName(project, region),
    storage: lazy(() => openStorage(project)),
    functions: lazy(async () => {
      const { FunctionServiceClient } = await import('@google-cloud/functions/build/src/v2/function_service_client.js');
      // Its operations cannot be asked for over gRPC: github.com/googleapis/google-cloud-node/issues/4488
      return new FunctionServiceClient({ ...options('cloudfunctions'), fallback: true });
    }),
    // The package's own index loads six clients more.
    services: lazy(async () => new (await import('@google-cloud/run/build/src/v2/services_client.js')).ServicesClient(options('run'))),
    revisions: lazy(async () => new (await import('@google-cloud/run/build/src/v2/revisions_client.js')).RevisionsClient(options('run'))),
  };
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

async function rest<T>(ctx: Context, auth: GoogleAuth, api: RestApi, method: string, path: string, body?: unknown, permission?: string): Promise<T> {
  const url = `${restHost(ctx.env, api)}${path}`;
  const need = { permission: permission ?? `${method} ${new URL(url).host}`, resource: path };
  try {
    const answer = await call({ ctx }, need, () =>
      auth.request<T>({
        url,
        method: method as 'GET',
        signal: ctx.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    );
    return answer.data;
  } catch (error) {
    throw explainGcp(error, need);
  }
}

async function projectOf(auth: GoogleAuth): Promise<string> {
  const found = await auth.getProjectId().catch((cause: unknown) => {
    const explained = explainGcp(cause, { permission: 'resourcemanager.projects.get', resource: '-' });
    if (explained instanceof MlfnError && explained.code !== 'GCP_CREDENTIALS') throw explained;
    return null;
  });
  if (found !== null && found !== '') return found;
  throw new MlfnError('GCP_PROJECT', 'No Google Cloud project is set.', {
    hint: 'Name one with --project my-project, `gcp: {project: my-project}` in mlfn.yaml, or GOOGLE_CLOUD_PROJECT.',
  });
}

function regionOf({ env }: Context, { region }: GcpConfig): string {
  const named = region ?? (env['CLOUDSDK_RUN_REGION'] || env['CLOUDSDK_FUNCTIONS_REGION']);
  if (named !== undefined && named !== '') return named;
  throw new MlfnError('GCP_REGION', 'No Google Cloud region is set.', {
    hint: 'Name one with --region europe-west1, `gcp: {region: europe-west1}` in mlfn.yaml, or CLOUDSDK_RUN_REGION.',
  });
}
