/** As who an image is sent or fetched: cloud.google.com/artifact-registry/docs/docker/authentication#token */
import type { GoogleAuth } from 'google-gax';
import { MlfnError } from '../../../errors.ts';
import type { Context } from '../../../events.ts';
import type { RegistryLogin } from '../../provider.ts';
import { explainGcp } from '../errors.ts';
import { SCOPES } from '../session.ts';
import { registryDomain } from './place.ts';

/** An access token is the password of this user. @throws GCP_CREDENTIALS, GCP_CREDENTIALS_EXPIRED */
export async function tokenLogin(auth: GoogleAuth): Promise<RegistryLogin> {
  const token = await auth.getAccessToken().catch((error: unknown) => {
    throw explainGcp(error, { permission: 'an access token', resource: '-' });
  });
  return { user: 'oauth2accesstoken', password: token ?? '' };
}

/** Null for other registries, and where there are no default credentials: some repositories are everybody's. */
export async function loginFor({ env }: Pick<Context, 'env'>, host: string): Promise<RegistryLogin | null> {
  if (!host.endsWith(`-docker.${registryDomain(env)}`)) return null;
  const { GoogleAuth } = await import('google-gax');
  return tokenLogin(new GoogleAuth({ scopes: SCOPES })).catch((error: unknown) => {
    if (error instanceof MlfnError && error.code === 'GCP_CREDENTIALS') return null;
    throw error;
  });
}
