/** Values of secrets that a container's variables name: read as the revision's service account. */
import { Status } from '../status.ts';
import type { World } from '../world.ts';
import type { Container, Revision } from './messages.ts';

/** Source: https://cloud.google.com/run/docs/configuring/services/secrets#access-secret */
export async function secretsOf(world: World, revision: Revision, container: Container): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { name, valueSource } of container.env ?? []) {
    const reference = valueSource?.secretKeyRef;
    if (!reference) continue;
    const secret = String(reference.secret);
    const full = secret.includes('/') ? secret.replace(/\/versions\/.*$/, '') : `projects/${world.project}/secrets/${secret}`;
    const account = `serviceAccount:${revision.serviceAccount}`;
    if (!world.policies.allows(account, 'secretmanager.versions.access', full)) {
      throw new Status('PERMISSION_DENIED', `Permission denied on secret: ${full}/versions/${reference.version} for Revision service account ${revision.serviceAccount}. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.`);
    }
    const value = world.secretValue(full, reference.version ?? 'latest');
    if (value === undefined) throw new Status('NOT_FOUND', `Secret ${full}/versions/${reference.version} was not found`);
    env[name] = value.toString();
  }
  return env;
}
