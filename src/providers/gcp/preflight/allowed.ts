/** What IAM says of the permissions that a deploy needs: cloud.google.com/iam/docs/testing-permissions */
import type { Finding } from '../../../types.ts';
import { call, CALL } from '../call.ts';
import { servicePath } from '../names.ts';
import type { Session } from '../session.ts';
import { permissionsFor } from './permissions.ts';
import { assertAnswered, mayNotAsk, SEE } from './project.ts';

/** What one call takes: cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions */
const MOST = 100;

/** @param member `user:ada@example.com`, or null where IAM has no such name for who is asking */
export async function askAllowed(session: Session, name: string, member: string | null): Promise<Finding[]> {
  const needed = permissionsFor(session.config);
  const all = [...needed.keys()];
  const own = all.filter((permission) => isOnOwn(session, permission));
  const granted = await onProject(session, all.filter((permission) => !own.includes(permission)));
  if (granted === null) return [mayNotAsk(session, 'what a deploy may do', SEE, member)];
  // A narrower grant is one, too: on the bucket, the service or the account itself.
  const missing = all.filter((permission) => !granted.includes(permission));
  const narrower = await Promise.all([onBucket(session, missing), onService(session, name, missing), onAccount(session, missing)]);
  const refused = missing.filter((permission) => !narrower.flat().includes(permission));
  return findings(session, needed, refused, member);
}

/** The user's own bucket and account may be of another project. */
function isOnOwn({ config }: Session, permission: string): boolean {
  return (config.bucket !== undefined && permission.startsWith('storage.')) || (config.serviceAccount !== undefined && permission === ACT_AS);
}

const ACT_AS = 'iam.serviceAccounts.actAs';

async function onProject(session: Session, permissions: string[]): Promise<string[] | null> {
  const path = `/v3/projects/${session.project}:testIamPermissions`;
  const parts = Array.from({ length: Math.ceil(permissions.length / MOST) }, (_, index) => permissions.slice(index * MOST, (index + 1) * MOST));
  try {
    const said = await Promise.all(parts.map((part) => session.request<{ permissions?: string[] }>('cloudresourcemanager', 'POST', path, { permissions: part })));
    return said.flatMap((each) => each.permissions ?? []);
  } catch (error) {
    assertAnswered(error);
    return null;
  }
}

async function onBucket(session: Session, missing: string[]): Promise<string[]> {
  const asked = missing.filter((permission) => permission.startsWith('storage.') && permission !== 'storage.buckets.create');
  if (asked.length === 0) return [];
  const { iam } = (await session.storage()).bucket(session.bucket);
  const [said] = await iam.testPermissions(asked).catch(() => [{}]);
  return given(said as Record<string, boolean>);
}

function given(said: Record<string, boolean>): string[] {
  return Object.keys(said).filter((permission) => said[permission] === true);
}

async function onService(session: Session, name: string, missing: string[]): Promise<string[]> {
  const permissions = missing.filter((permission) => /^run\.(services|routes)\./.test(permission) && !/\.(list|create)$/.test(permission));
  if (permissions.length === 0) return [];
  const resource = servicePath(session.project, session.region, name);
  const client = await session.services();
  const need = { permission: 'run.services.get', resource };
  const [said] = await call(session, need, () => client.testIamPermissions({ resource, permissions }, CALL)).catch(() => [{ permissions: [] }]);
  return said.permissions ?? [];
}

async function onAccount(session: Session, missing: string[]): Promise<string[]> {
  const { serviceAccount } = session.config;
  if (serviceAccount === undefined || !missing.includes(ACT_AS)) return [];
  const path = `/v1/projects/-/serviceAccounts/${serviceAccount}:testIamPermissions`;
  const said = await session.request<{ permissions?: string[] }>('iam', 'POST', path, { permissions: [ACT_AS] }).catch(() => ({ permissions: [] }));
  return said.permissions ?? [];
}

/** One for each role that mends it. */
function findings(session: Session, roles: Map<string, string>, refused: string[], member: string | null): Finding[] {
  const byRole = new Map<string, string[]>();
  for (const permission of refused) {
    const role = roles.get(permission) ?? '';
    byRole.set(role, [...(byRole.get(role) ?? []), permission]);
  }
  return [...byRole].map(([role, permissions]) => ({
    severity: 'error',
    code: 'gcp-permission',
    message: `${member ?? 'The account in use'} may not ${permissions.join(', ')} on ${placeOf(session, permissions)}.`,
    hint: mend(session, role, permissions, member ?? 'MEMBER'),
  }));
}

function placeOf(session: Session, permissions: string[]): string {
  if (!permissions.every((permission) => isOnOwn(session, permission))) return `the project ${session.project}`;
  return permissions[0] === ACT_AS ? `the service account ${session.config.serviceAccount}` : `the bucket ${session.bucket}`;
}

function mend(session: Session, role: string, permissions: string[], member: string): string {
  const grant = `--member ${member} --role ${role}`;
  if (!permissions.every((permission) => isOnOwn(session, permission))) return `gcloud projects add-iam-policy-binding ${session.project} ${grant}`;
  if (permissions[0] === ACT_AS) return `gcloud iam service-accounts add-iam-policy-binding ${session.config.serviceAccount} ${grant}`;
  return `gcloud storage buckets add-iam-policy-binding gs://${session.bucket} ${grant}`;
}
