/**
 * The two service accounts that mlfn makes: one for each function to run as, one for all builds. Neither is touched where the
 * configuration names an account of the user's own.
 */
import { MlfnError } from '../../../errors.ts';
import { Patience, until } from '../../patience.ts';
import { type Bucket, placesOf } from '../../data.ts';
import type { ReleaseDraft, Step } from '../../provider.ts';
import { gcpCode } from '../errors.ts';
import { accountEmail, accountId, BUILD_ACCOUNT_ID, modelsPrefix } from '../names.ts';
import type { Session } from '../session.ts';
import { settingsOf } from '../settings.ts';
import { bucketPlace, projectPlace, secretPlace } from './places.ts';
import { changed, changePolicy, type Grant, type PolicyPlace } from './policy.ts';

/** At the beginning of a description: what has none was not made by mlfn, and is not removed by it. */
const MARK = 'mlfn:';
/** cloud.google.com/iam/docs/service-accounts-create: it may take a minute and more until a new one is known everywhere. */
const KNOWN_WITHIN_MS = 120_000;

interface Account {
  email: string;
  description?: string;
  disabled?: boolean;
}

export function runtimeEmail({ config, project }: Session, name: string): string {
  return config.serviceAccount ?? accountEmail(accountId(name), project);
}

export function buildEmail({ config, project }: Session): string {
  return config.buildServiceAccount ?? accountEmail(BUILD_ACCOUNT_ID, project);
}

/** What a function's account must be able to read, and write. */
export interface Needs {
  /** `NAME:VERSION` or `projects/P/secrets/NAME:VERSION` */
  secrets: readonly string[];
  data: ReturnType<typeof placesOf>;
}

/** @param drafts of the releases that are kept, and the one that comes */
export function needsOf(drafts: readonly Pick<ReleaseDraft, 'settings' | 'targetSettings'>[]): Needs {
  return { secrets: drafts.flatMap((each) => Object.values(settingsOf(each).secrets)), data: placesOf(drafts, 'gs') };
}

export interface AccountState {
  email: string;
  /** Somebody else's by its name in the configuration: nothing is made or changed. */
  own: boolean;
  exists: boolean;
  /** What it may do is what it needs to. */
  allowed: boolean;
}

/** @param needs of the releases that are kept */
export async function observeRuntimeAccount(session: Session, name: string, needs: Needs): Promise<AccountState> {
  const email = runtimeEmail(session, name);
  if (session.config.serviceAccount !== undefined) return { email, own: true, exists: true, allowed: true };
  const [account, ...places] = await Promise.all([getAccount(session, email), ...runtimeGrants(session, name, needs).map(lacks)]);
  return { email, own: false, exists: account !== null, allowed: !places.includes(true) };
}

/** A secret of an old release that is gone needs no leave. */
async function lacks({ place, grant }: { place: PolicyPlace; grant: Grant }): Promise<boolean> {
  const policy = await place.get().catch(orMissing);
  return policy !== null && changed(policy, { add: [grant] }) !== null;
}

export async function observeBuildAccount(session: Session): Promise<AccountState> {
  const email = buildEmail(session);
  if (session.config.buildServiceAccount !== undefined) return { email, own: true, exists: true, allowed: true };
  const [account, policy] = await Promise.all([getAccount(session, email), projectPlace(session).get()]);
  return { email, own: false, exists: account !== null, allowed: changed(policy, { add: buildGrants(email) }) === null };
}

/** Null when nothing is to be done. */
export function accountStep(resource: 'service account' | 'build service account', { email, own, exists, allowed }: AccountState): Step | null {
  if (own || (exists && allowed)) return null;
  const change = exists ? 'update' : 'create';
  return { kind: 'ensure', resource, name: email, change, detail: resource === 'service account' ? 'reads its own models' : 'reads sources, writes images and logs' };
}

export async function ensureRuntimeAccount(session: Session, name: string, needs: Needs): Promise<void> {
  if (session.config.serviceAccount !== undefined) return;
  await ensureAccount(session, accountId(name), `${MARK} the function ${name} runs as this account`);
  for (const { place, grant } of runtimeGrants(session, name, needs)) await changePolicy(session.ctx, place, (policy) => changed(policy, { add: [grant] }), isNotYetKnown).catch(orMissing);
}

export async function ensureBuildAccount(session: Session): Promise<void> {
  if (session.config.buildServiceAccount !== undefined) return;
  const email = buildEmail(session);
  await ensureAccount(session, BUILD_ACCOUNT_ID, `${MARK} Cloud Build makes functions as this account`);
  await changePolicy(session.ctx, projectPlace(session), (policy) => changed(policy, { add: buildGrants(email) }), isNotYetKnown);
}

/** What it may do goes before it: a policy keeps the names of accounts that are gone. One that mlfn did not make stays. */
export async function removeRuntimeAccount(session: Session, name: string, needs: Needs): Promise<void> {
  const email = accountEmail(accountId(name), session.project);
  const account = await getAccount(session, email);
  for (const { place, grant } of runtimeGrants(session, name, needs, email)) await changePolicy(session.ctx, place, (policy) => changed(policy, { remove: [grant] })).catch(orMissing);
  if (account?.description?.startsWith(MARK) !== true) return;
  await session.request('iam', 'DELETE', accountPath(session, email), undefined, 'iam.serviceAccounts.delete').catch(orMissing);
}

/** A service account that was made a moment ago: services that use it say that it does not exist. */
export function isNotYetKnown(error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  return ['INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION', 'PERMISSION_DENIED'].includes(gcpCode(error) ?? '') && /service ?account .*(does not exist|may not exist|not found|was not found)/i.test(said);
}

/** The models of this function in the bucket, the secrets of its variables, and the data that requests may name: nothing else. */
function runtimeGrants(session: Session, name: string, { secrets, data }: Needs, email = runtimeEmail(session, name)) {
  const member = `serviceAccount:${email}`;
  const models = `projects/_/buckets/${session.bucket}/objects/${modelsPrefix(name)}`;
  // cloud.google.com/iam/docs/conditions-resource-attributes#resource-name
  const condition = { title: `mlfn ${name}`, expression: below(models) };
  return [
    { place: bucketPlace(session), grant: { role: 'roles/storage.objectViewer', member, condition } as Grant },
    ...secretNames(session, secrets).map((secret) => ({ place: secretPlace(session, secret), grant: { role: 'roles/secretmanager.secretAccessor', member } as Grant })),
    ...dataGrants(data, name).map(({ bucket, ...grant }) => ({ place: bucketPlace(session, bucket), grant: { ...grant, member } as Grant })),
  ];
}

const below = (folder: string) => `resource.name.startsWith(${JSON.stringify(folder)})`;

/** Only what is below the places; cloud.google.com/storage/docs/access-control/iam-roles: what is there cannot be written over. */
function dataGrants({ read, write }: Needs['data'], name: string) {
  const grant = (role: string, { bucket, prefix }: Bucket) => {
    const place = `projects/_/buckets/${bucket}/objects/${prefix}`;
    const isFolder = prefix === '' || prefix.endsWith('/');
    const expression = isFolder ? below(place) : `resource.name == ${JSON.stringify(place)} || ${below(`${place}/`)}`;
    return { bucket, role, condition: { title: `mlfn ${name} data`, expression } };
  };
  return [...read.map((each) => grant('roles/storage.objectViewer', each)), ...write.map((each) => grant('roles/storage.objectCreator', each))];
}

/** `token:3` -> `projects/P/secrets/token`, each once. */
function secretNames({ project }: Session, secrets: readonly string[]): string[] {
  const names = secrets.map((secret) => secret.replace(/:[^:]*$/, '')).map((name) => (name.includes('/') ? name : `projects/${project}/secrets/${name}`));
  return [...new Set(names)].toSorted();
}

/**
 * cloud.google.com/functions/docs/securing/build-custom-sa. Sources only of the buckets that Cloud Functions keeps them in:
 * cloud.google.com/functions/docs/building
 */
function buildGrants(email: string): Grant[] {
  const member = `serviceAccount:${email}`;
  const condition = { title: 'mlfn sources', expression: 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")' };
  return [
    { role: 'roles/logging.logWriter', member },
    { role: 'roles/artifactregistry.writer', member },
    { role: 'roles/storage.objectViewer', member, condition },
  ];
}

async function ensureAccount(session: Session, accountIdentifier: string, description: string): Promise<void> {
  const email = accountEmail(accountIdentifier, session.project);
  const found = await getAccount(session, email);
  if (found?.disabled === true) {
    throw new MlfnError('GCP_ACCOUNT_DISABLED', `The service account ${email} is disabled.`, {
      hint: `Enable it: gcloud iam service-accounts enable ${email} --project ${session.project}`,
    });
  }
  if (found !== null) return;
  const body = { accountId: accountIdentifier, serviceAccount: { displayName: accountIdentifier, description } };
  await session.request('iam', 'POST', `/v1/projects/${session.project}/serviceAccounts`, body, 'iam.serviceAccounts.create').catch((error: unknown) => {
    if (gcpCode(error) !== 'ALREADY_EXISTS') throw error;
  });
  const patience = new Patience(session.ctx, KNOWN_WITHIN_MS, 'GCP_SLOW');
  await until(patience, `the service account ${email} to be known`, () => getAccount(session, email), (account) => account !== null);
}

function getAccount(session: Session, email: string): Promise<Account | null> {
  return session.request<Account>('iam', 'GET', accountPath(session, email), undefined, 'iam.serviceAccounts.get').catch(orMissing);
}

function accountPath({ project }: Session, email: string): string {
  return `/v1/projects/${project}/serviceAccounts/${email}`;
}

function orMissing(error: unknown): null {
  if (gcpCode(error) === 'NOT_FOUND') return null;
  throw error;
}
