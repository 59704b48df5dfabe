/** Whether the project is there and paid for, its APIs are on, and the region is one. */
import { MlfnError } from '../../../errors.ts';
import type { Finding } from '../../../types.ts';
import { gcpCode } from '../errors.ts';
import type { Session } from '../session.ts';
import { apisFor } from './permissions.ts';

export interface Project {
  /** Null where Google does not tell. */
  number: string | null;
  findings: Finding[];
}

export const SEE = { permission: 'resourcemanager.projects.get', role: 'roles/browser' };

/** cloud.google.com/resource-manager/reference/rest/v3/projects/get. Google says the same of what is not there and what may not be seen. */
export async function askProject(session: Session, member: string | null): Promise<Project> {
  const { project } = session;
  try {
    const path = `/v3/projects/${project}`;
    const found = await session.request<{ name?: string; state?: string }>('cloudresourcemanager', 'GET', path, undefined, 'resourcemanager.projects.get');
    const number = /^projects\/(\d+)$/.exec(found.name ?? '')?.[1] ?? null;
    if (found.state === undefined || found.state === 'ACTIVE') return { number, findings: [] };
    const message = `The project ${project} is being deleted (${found.state}).`;
    return { number, findings: [error('gcp-project', message, `Take it back: gcloud projects undelete ${project}`)] };
  } catch (cause) {
    return { number: null, findings: [await projectUnseen(session, member, cause)] };
  }
}

/** Whoever may do nothing else may ask what they may do: an answer says that the project is there. */
async function projectUnseen(session: Session, member: string | null, cause: unknown): Promise<Finding> {
  if (isApiOff(cause)) return apiOff(session.project, [(cause as MlfnError).details['service'] as string]);
  assertAnswered(cause, ['PERMISSION_DENIED', 'NOT_FOUND']);
  const path = `/v3/projects/${session.project}:testIamPermissions`;
  const there = await session.request('cloudresourcemanager', 'POST', path, { permissions: ['run.services.get'] }).then(() => true, () => false);
  if (there) return mayNotAsk(session, 'what the project is', SEE, member);
  return error('gcp-project', `There is no project ${session.project} that these credentials may see.`, 'Choose one of `gcloud projects list` with --project.');
}

/** cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet */
export async function askApis(session: Session, member: string | null): Promise<Finding[]> {
  const { project, config } = session;
  const names = apisFor(config).map((api) => `names=${encodeURIComponent(`projects/${project}/services/${api}`)}`);
  const path = `/v1/projects/${project}/services:batchGet?${names.join('&')}`;
  try {
    const { services = [] } = await session.request<{ services?: { name: string; state?: string }[] }>('serviceusage', 'GET', path, undefined, 'serviceusage.services.get');
    const off = services.filter(({ state }) => state === 'DISABLED').map(({ name }) => name.split('/').at(-1) ?? name);
    return off.length === 0 ? [] : [apiOff(project, off)];
  } catch (cause) {
    assertAnswered(cause);
    return [mayNotAsk(session, 'which APIs are on', { permission: 'serviceusage.services.get', role: 'roles/serviceusage.serviceUsageViewer' }, member)];
  }
}

/** cloud.google.com/billing/docs/reference/rest/v1/projects/getBillingInfo */
export async function askBilling(session: Session, member: string | null): Promise<Finding[]> {
  const { project } = session;
  try {
    const path = `/v1/projects/${project}/billingInfo`;
    const { billingEnabled } = await session.request<{ billingEnabled?: boolean }>('cloudbilling', 'GET', path, undefined, 'resourcemanager.projects.get');
    if (billingEnabled === true) return [];
    const hint = `Link one of \`gcloud billing accounts list\`: gcloud billing projects link ${project} --billing-account ACCOUNT`;
    return [error('gcp-billing', `The project ${project} has no active billing account.`, hint)];
  } catch (cause) {
    // Off in most projects, and needed for nothing else.
    if (isApiOff(cause)) return [];
    assertAnswered(cause);
    return [mayNotAsk(session, 'whether the project is paid for', SEE, member)];
  }
}

/** What Cloud Functions or Cloud Run says of its regions; where it may not be asked, the deploy finds out. */
export async function askRegion(session: Session): Promise<Finding[]> {
  const { project, region, config } = session;
  const client = config.mode === 'function' ? await session.functions() : await session.services();
  const known: string[] = [];
  try {
    for await (const { locationId } of client.listLocationsAsync({ name: `projects/${project}` }, { autoPaginate: false })) if (locationId) known.push(locationId);
  } catch {
    return [];
  }
  if (known.length === 0 || known.includes(region)) return [];
  const near = known.filter((each) => each.split('-')[0] === region.split('-')[0]);
  const named = (near.length === 0 ? known : near).toSorted().join(', ');
  const what = config.mode === 'function' ? 'Cloud Functions' : 'Cloud Run';
  return [error('gcp-region', `${what} has no region ${JSON.stringify(region)}.`, `Choose another with --region: ${named}.`)];
}

function apiOff(project: string, apis: string[]): Finding {
  const message = `${apis.length === 1 ? 'This API is' : 'These APIs are'} not switched on in the project ${project}: ${apis.join(', ')}.`;
  return error('gcp-api', message, `gcloud services enable ${apis.join(' ')} --project ${project}`);
}

/** No reason to stop: what is wrong is told by the call that meets it. */
export function mayNotAsk({ project }: Session, what: string, { permission, role }: typeof SEE, member: string | null): Finding {
  return {
    severity: 'warning',
    code: 'gcp-may-not-ask',
    message: `Could not ask ${what}: ${permission} on the project ${project} is missing.`,
    hint: `gcloud projects add-iam-policy-binding ${project} --member ${member ?? 'MEMBER'} --role ${role}`,
  };
}

function error(code: string, message: string, hint: string): Finding {
  return { severity: 'error', code, message, hint };
}

function isApiOff(cause: unknown): boolean {
  return cause instanceof MlfnError && cause.code === 'GCP_API_OFF';
}

/** A refusal is an answer; a broken network, bad credentials and Ctrl-C are not. */
export function assertAnswered(cause: unknown, codes: readonly string[] = ['PERMISSION_DENIED', 'NOT_FOUND', 'INVALID_ARGUMENT']): void {
  if (!codes.includes(gcpCode(cause) ?? '')) throw cause;
}
