/**
 * ID tokens: what Cloud Run takes from who may call a closed endpoint. Each kind of credentials has a way of its own to one
 * (cloud.google.com/docs/authentication/get-id-token), and some have none.
 */
import type { GoogleAuth } from 'google-gax';
import { MlfnError } from '../../../errors.ts';
import { explainGcp } from '../errors.ts';
import type { Session } from '../session.ts';
import { claimsOf, type CredentialFile, credentialFile, kindOf } from './credentials.ts';

/** Tokens last an hour; one that ends within this time may end on its way. */
const EARLY_MS = 120_000;
const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];

interface Kept {
  token: Promise<string>;
  /** Milliseconds since 1970. */
  until: number;
}

const kept = new WeakMap<GoogleAuth, Map<string, Kept>>();

/**
 * @param audience the URL of the service, for a revision's tag as well: cloud.google.com/run/docs/authenticating/service-to-service
 * @throws GCP_ID_TOKEN for credentials that no ID token can be had with
 */
export async function idToken({ auth }: Pick<Session, 'auth'>, audience: string): Promise<string> {
  const tokens = kept.get(auth) ?? new Map<string, Kept>();
  kept.set(auth, tokens);
  const found = tokens.get(audience);
  if (found !== undefined && found.until > Date.now()) return found.token;
  // Until it is there, whoever else asks waits for the same one.
  const entry: Kept = { token: fetchToken(auth, audience), until: Number.POSITIVE_INFINITY };
  tokens.set(audience, entry);
  try {
    const token = await entry.token;
    entry.until = (claimsOf(token).exp ?? 0) * 1000 - EARLY_MS;
    return token;
  } catch (error) {
    tokens.delete(audience);
    throw error;
  }
}

async function fetchToken(auth: GoogleAuth, audience: string): Promise<string> {
  const file = await credentialFile(auth);
  try {
    const token = await tokenOf(auth, file, audience);
    if (typeof token === 'string' && token.split('.').length === 3) return token;
  } catch (error) {
    if (isNoIdentity(error)) throw cannot(file, error);
    throw explainGcp(error, { permission: 'iam.serviceAccounts.getOpenIdToken', resource: impersonated(file) ?? audience });
  }
  throw cannot(file);
}

/** Undefined for what has no way to one. */
async function tokenOf(auth: GoogleAuth, file: CredentialFile | null, audience: string): Promise<string | undefined> {
  const client = await auth.getClient();
  // Of a person: whatever is asked for, the audience is gcloud's own client, and Cloud Run takes that.
  // github.com/googleapis/google-auth-library-java/pull/469, github.com/GoogleCloudPlatform/cloud-run-proxy
  if ('fetchIdToken' in client) return (client as unknown as { fetchIdToken(audience: string): Promise<string> }).fetchIdToken(audience);
  const account = impersonated(file);
  if (kindOf(file) !== 'workload' || account === null) return undefined;
  return ofFederation(file as CredentialFile, account, audience);
}

/**
 * The federated identity itself asks for the token: roles/iam.workloadIdentityUser, which it has to have, is enough. The
 * service account need not be allowed to make tokens of its own.
 */
async function ofFederation(file: CredentialFile, account: string, audience: string): Promise<string | undefined> {
  const { googleAuthLibrary } = await import('google-gax');
  const { service_account_impersonation_url: _, ...federated } = file;
  const sourceClient = googleAuthLibrary.ExternalAccountClient.fromJSON(federated as never);
  if (sourceClient === null) return undefined;
  return new googleAuthLibrary.Impersonated({ sourceClient: sourceClient as never, targetPrincipal: account, targetScopes: SCOPES }).fetchIdToken(audience);
}

function impersonated(file: CredentialFile | null): string | null {
  return /serviceAccounts\/([^/:]+):generate/.exec(file?.service_account_impersonation_url ?? '')?.[1] ?? null;
}

/** A machine whose metadata server has no identities, or no service account. */
function isNoIdentity(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Could not fetch ID token') && (error as { response?: { status?: number } }).response?.status === 404;
}

const SERVICE_ACCOUNT = 'gcloud auth application-default login --impersonate-service-account EMAIL';

function cannot(file: CredentialFile | null, cause?: unknown): MlfnError {
  const [what, hint] = {
    user: [
      'The sign-in did not ask for `openid`, so Google gives no ID token for it',
      'Sign in again without --scopes: gcloud auth application-default login.',
    ],
    metadata: [
      'The metadata server of this machine gives no ID tokens',
      `Give the machine a service account, or sign in as one: ${SERVICE_ACCOUNT}.`,
    ],
    workload: [
      'Workload identity federation without a service account has no ID tokens',
      'Have a service account in it: gcloud iam workload-identity-pools create-cred-config ... --service-account EMAIL.',
    ],
    workforce: ['Workforce identity federation has no ID tokens', `Sign in as a service account: ${SERVICE_ACCOUNT}.`],
    key: ['Google gives no ID token for this key', 'Check the key that GOOGLE_APPLICATION_CREDENTIALS names.'],
    impersonated: ['Google gives no ID token for the impersonated account', `Sign in again: ${SERVICE_ACCOUNT}.`],
    other: [
      `Credentials of the type ${JSON.stringify(file?.type ?? null)} have no ID tokens`,
      'Sign in with `gcloud auth application-default login`, or use a service account.',
    ],
  }[kindOf(file)] as [string, string];
  return new MlfnError('GCP_ID_TOKEN', `${what}, and a closed endpoint on Cloud Run asks for one.`, { hint, cause, details: { credentials: kindOf(file) } });
}
