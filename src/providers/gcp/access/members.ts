/** Who may call a closed endpoint: members of roles/run.invoker on its Cloud Run service. Others' members stay. */
import { call, CALL } from '../call.ts';
import { MlfnError } from '../../../errors.ts';
import type { Step } from '../../provider.ts';
import type { GcpConfig } from '../config.ts';
import { explainGcp, gcpCode } from '../errors.ts';
import { servicePath } from '../names.ts';
import type { Session } from '../session.ts';
import { canonical, changed, changePolicy, membersOf, type Policy, POLICY_VERSION, type PolicyPlace } from './policy.ts';
import { readOurs, writeOurs } from './ours.ts';

const ROLE = 'roles/run.invoker';
export const EVERYONE = 'allUsers';

export interface Access {
  /** Members without a condition, as the service names them. */
  members: string[];
  /** Those of them that mlfn put there. */
  ours: string[];
}

interface MemberChange {
  add: string[];
  remove: string[];
}

type Wanted = Pick<GcpConfig, 'allow' | 'public'>;

/**
 * Null when nothing is to be changed. Closed is closed: everyone goes, whoever let them in. Of other members only those go that
 * mlfn put there.
 */
export function memberChange({ allow, public: open }: Wanted, { members, ours }: Access): MemberChange | null {
  const wanted = [...new Set([...allow, ...(open ? [EVERYONE] : [])])];
  const add = wanted.filter((member) => !includes(members, member));
  const gone = members.filter((member) => includes(ours, member) || member === EVERYONE);
  const remove = gone.filter((member) => !includes(wanted, member));
  return add.length + remove.length === 0 ? null : { add, remove };
}

/** `found` is null for a service that is not there yet. */
export function accessStep(name: string, wanted: Wanted, found: Access | null): Step | null {
  const change = memberChange(wanted, found ?? { members: [], ours: [] });
  if (change === null) return null;
  return { kind: 'ensure', resource: 'access', name, change: found === null ? 'create' : 'update', detail: changeText(change) };
}

/** `opens it to everyone, lets user:ada@example.com call it, takes group:old@example.com away` */
function changeText({ add, remove }: MemberChange): string {
  const named = (members: string[]) => members.filter((member) => member !== EVERYONE).join(', ');
  return [
    ...(add.includes(EVERYONE) ? ['opens it to everyone'] : []),
    ...(remove.includes(EVERYONE) ? ['closes it to everyone'] : []),
    ...(named(add) === '' ? [] : [`lets ${named(add)} call it`]),
    ...(named(remove) === '' ? [] : [`takes ${named(remove)} away`]),
  ].join(', ');
}

/** Null when there is no such service. */
export async function observeAccess(session: Session, name: string): Promise<Access | null> {
  const [policy, ours] = await Promise.all([placeOf(session, name).get().catch(orMissing), readOurs(session, name)]);
  return policy === null ? null : { members: membersOf(policy, ROLE), ours };
}

/** Whom mlfn lets in is written down first: stopped in between, the next deploy still knows whom it may take away. */
export async function ensureAccess(session: Session, name: string): Promise<void> {
  const place = placeOf(session, name);
  const ours = await readOurs(session, name);
  const planned = memberChange(session.config, { members: membersOf(await place.get(), ROLE), ours });
  if (planned === null) return;
  const claimed = [...ours, ...planned.add.filter((member) => member !== EVERYONE)];
  await writeOurs(session, name, claimed, ours);
  await changePolicy(session.ctx, place, (policy) => {
    const change = memberChange(session.config, { members: membersOf(policy, ROLE), ours });
    const grants = (members: string[]) => members.map((member) => ({ role: ROLE, member }));
    return change === null ? null : changed(policy, { add: grants(change.add), remove: grants(change.remove) });
  });
  await writeOurs(session, name, claimed.filter((member) => !includes(planned.remove, member)), claimed);
}

/** What Cloud Run may say of a policy itself. */
const SAID = ['INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'PERMISSION_DENIED', 'ABORTED'];

function placeOf(session: Session, name: string): PolicyPlace {
  const resource = servicePath(session.project, session.region, name);
  return {
    async get() {
      const client = await session.services();
      const asked = { resource, options: { requestedPolicyVersion: POLICY_VERSION } };
      const [policy] = await call(session, { permission: 'run.services.getIamPolicy', resource }, () => client.getIamPolicy(asked, CALL));
      return policy as Policy;
    },
    async set(policy) {
      const client = await session.services();
      const need = { permission: 'run.services.setIamPolicy', resource };
      await call(session, need, () => client.setIamPolicy({ resource, policy: policy as never }, CALL), SAID).catch((error: unknown) => {
        throw explainSet(error, policy, resource);
      });
    },
  };
}

function orMissing(error: unknown): null {
  if (gcpCode(error) === 'NOT_FOUND') return null;
  throw error;
}

/** Cloud Run names neither the policy of the organisation nor, often, the member. */
function explainSet(error: unknown, policy: Policy, resource: string): Error {
  const explained = explainGcp(error, { permission: 'run.services.setIamPolicy', resource });
  const said = error instanceof Error ? error.message : '';
  const members = membersOf(policy, ROLE);
  if (/permitted customer|allowedPolicyMember|organization policy/i.test(said)) return refusedByOrganisation(explained, members, resource);
  const unknown = /(?:user|group|serviceAccount|service account|domain|principal)\s+"?([^\s"]+)"? (?:does not exist|is not valid)/i.exec(said);
  if (unknown === null || gcpCode(error) !== 'INVALID_ARGUMENT') return explained;
  return new MlfnError('GCP_MEMBER', `There is no member ${unknown[1]} that could call the endpoint.`, {
    hint: 'Mend it in --allow, or in `gcp: {allow: [...]}` of mlfn.yaml: user:, serviceAccount:, group: or domain: and the name.',
    cause: error,
  });
}

/** cloud.google.com/resource-manager/docs/organization-policy/restricting-domains, cloud.google.com/run/docs/authenticating/public */
function refusedByOrganisation(cause: Error, members: string[], resource: string): MlfnError {
  const open = members.includes(EVERYONE);
  const message = `The organisation does not let ${open ? EVERYONE : 'these members'} into ${resource}: its policy iam.allowedPolicyMemberDomains restricts who may be named.`;
  const hint = open
    ? 'Deploy without --public and name callers of the organisation with --allow, or have an administrator exempt the project from iam.allowedPolicyMemberDomains.'
    : 'Name members of the organisation with --allow, or have an administrator add their domain to iam.allowedPolicyMemberDomains.';
  return new MlfnError('GCP_ORGANISATION', message, { hint, cause, details: { constraint: 'iam.allowedPolicyMemberDomains', members } });
}

function includes(members: readonly string[], member: string): boolean {
  return members.some((each) => canonical(each) === canonical(member));
}
