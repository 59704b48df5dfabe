/** Where each API is. gcloud's own variables put another place in its stead: `CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN`. */
import type { Context } from '../../events.ts';

const REST_HOSTS = {
  iam: 'iam.googleapis.com',
  iamcredentials: 'iamcredentials.googleapis.com',
  cloudresourcemanager: 'cloudresourcemanager.googleapis.com',
  serviceusage: 'serviceusage.googleapis.com',
  logging: 'logging.googleapis.com',
  artifactregistry: 'artifactregistry.googleapis.com',
  cloudbuild: 'cloudbuild.googleapis.com',
  cloudbilling: 'cloudbilling.googleapis.com',
  secretmanager: 'secretmanager.googleapis.com',
} as const;

export type RestApi = keyof typeof REST_HOSTS;

/** Without a slash at its end. */
export function restHost(env: Context['env'], api: RestApi): string {
  return override(env, api)?.replace(/\/+$/, '') ?? `https://${REST_HOSTS[api]}`;
}

/** For a gRPC client; nothing where it is at its own place. */
export function endpointOf(env: Context['env'], api: 'run' | 'cloudfunctions'): { apiEndpoint?: string; port?: number } {
  const named = override(env, api);
  if (named === undefined) return {};
  const url = new URL(named);
  return { apiEndpoint: url.hostname, port: Number(url.port) || 443 };
}

function override(env: Context['env'], api: string): string | undefined {
  return env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`] || undefined;
}
