/** Which credentials are in use, and whose they are: told before anything is done, and asked by whoever makes an ID token. */
import type { GoogleAuth } from 'google-gax';
import { MlfnError } from '../../../errors.ts';
import { explainGcp, gcpCode } from '../errors.ts';

/**
 * The kinds of Application Default Credentials (cloud.google.com/docs/authentication/application-default-credentials): of a
 * person, a key file, the machine's own, a service account in whose name somebody asks, workload or workforce federation.
 */
export type CredentialKind = 'user' | 'key' | 'metadata' | 'impersonated' | 'workload' | 'workforce' | 'other';

export interface Credentials {
  kind: CredentialKind;
  /** E-mail address; of federation without a service account, what it is federated by; null where Google does not tell. */
  account: string | null;
}

/** The field `type` of a credential file: google.aip.dev/auth/4110 to 4118. */
const KINDS: Record<string, CredentialKind> = {
  authorized_user: 'user',
  service_account: 'key',
  impersonated_service_account: 'impersonated',
  external_account: 'workload',
  external_account_authorized_user: 'workforce',
};

/** The fields of a credential file that are looked at; `type` says which of them are there. */
export interface CredentialFile {
  type?: string;
  audience?: string;
  client_email?: string;
  service_account_impersonation_url?: string;
}

/** Null for the machine's own credentials. @throws GCP_CREDENTIALS when there are none */
export async function credentialFile(auth: GoogleAuth): Promise<CredentialFile | null> {
  await clientOf(auth);
  return auth.jsonContent as CredentialFile | null;
}

export function kindOf(file: CredentialFile | null): CredentialKind {
  return file === null ? 'metadata' : (KINDS[file.type ?? ''] ?? 'other');
}

/** @throws GCP_CREDENTIALS, GCP_CREDENTIALS_EXPIRED: a token is asked for, so they are known to be good */
export async function whoAmI(auth: GoogleAuth): Promise<Credentials> {
  const file = await credentialFile(auth);
  const client = await clientOf(auth);
  try {
    await client.getAccessToken();
    const { client_email: email } = await auth.getCredentials();
    const account = email ?? emailIn(client.credentials.id_token) ?? federatedBy(file);
    return { kind: kindOf(file), account };
  } catch (error) {
    if (file === null && gcpCode(error) === 'NOT_FOUND') throw noAccount(error);
    throw explainGcp(error, { permission: 'a token', resource: '-' });
  }
}

function noAccount(cause: unknown): MlfnError {
  return new MlfnError('GCP_CREDENTIALS', 'This machine has no service account, and there are no other Google Cloud credentials.', {
    hint: 'Give the machine a service account, or sign in with `gcloud auth application-default login`.',
    cause,
  });
}

/** `user:ada@example.com`, as IAM names who may do what; null where there is no such name. */
export function memberOf({ kind, account }: Credentials): string | null {
  if (account === null || !account.includes('@')) return null;
  return `${kind === 'user' || kind === 'workforce' ? 'user' : 'serviceAccount'}:${account}`;
}

async function clientOf(auth: GoogleAuth) {
  return auth.getClient().catch((error: unknown) => {
    throw explainGcp(error, { permission: 'a token', resource: '-' });
  });
}

/** The claims of a token, unchecked: Google made it for us a moment ago. */
export function claimsOf(token: string | null | undefined): { email?: string; exp?: number } {
  try {
    return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8')) as { email?: string; exp?: number };
  } catch {
    return {};
  }
}

function emailIn(token: string | null | undefined): string | null {
  return claimsOf(token).email ?? null;
}

/** `//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/main` -> `workloadIdentityPools/github/providers/main` */
function federatedBy(file: CredentialFile | null): string | null {
  return file?.audience?.replace(/^.*\/locations\/[^/]+\//, '') ?? null;
}
