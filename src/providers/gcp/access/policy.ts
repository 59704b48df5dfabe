/** IAM policies: who may do what on a thing. They are read, changed and written back whole, under the etag of what was read. */
import { MlfnError } from '../../../errors.ts';
import type { Context } from '../../../events.ts';
import { patiently, Patience } from '../../patience.ts';
import { gcpCode } from '../status.ts';

export interface Condition {
  title?: string | null;
  description?: string | null;
  expression?: string | null;
}

export interface Binding {
  role?: string | null;
  members?: string[] | null;
  condition?: Condition | null;
}

/** As gRPC, REST and the storage client give it; what else is in it goes back as it came. */
export interface Policy {
  bindings?: Binding[] | null;
  etag?: unknown;
  version?: number | null;
}

export interface Grant {
  role: string;
  member: string;
  condition?: Condition;
}

/** Where a policy is kept. `set` throws ABORTED or FAILED_PRECONDITION when it was changed since it was read. */
export interface PolicyPlace {
  get(): Promise<Policy>;
  set(policy: Policy): Promise<unknown>;
}

/** Policies with conditions: cloud.google.com/iam/docs/allow-policies#specifying_a_policy_version */
export const POLICY_VERSION = 3;
/** Others who write at the same moment; a service account that is not known everywhere yet. */
const BUDGET_MS = 120_000;

/** Who has the role without a condition. */
export function membersOf(policy: Policy, role: string): string[] {
  return (policy.bindings ?? []).filter((each) => each.role === role && !each.condition).flatMap(({ members }) => members ?? []);
}

/** Null when everything is so already. What nobody asked about stays as it is, and where it is. */
export function changed(policy: Policy, { add = [], remove = [] }: { add?: readonly Grant[]; remove?: readonly Grant[] }): Policy | null {
  const without = (policy.bindings ?? []).map((binding) => {
    const gone = remove.filter((grant) => isOf(binding, grant)).map(({ member }) => canonical(member));
    const members = (binding.members ?? []).filter((member) => !gone.includes(canonical(member)));
    return gone.length === 0 || members.length === binding.members?.length ? binding : { ...binding, members };
  });
  const bindings = without.filter(({ members }) => (members ?? []).length > 0);
  for (const grant of add) {
    const at = bindings.findIndex((binding) => isOf(binding, grant));
    const found = bindings[at];
    if (found === undefined) bindings.push({ role: grant.role, members: [grant.member], ...(grant.condition === undefined ? {} : { condition: grant.condition }) });
    else if (!has(found, grant.member)) bindings[at] = { ...found, members: [...(found.members ?? []), grant.member] };
  }
  const same = bindings.length === (policy.bindings ?? []).length && bindings.every((binding, index) => binding === policy.bindings?.[index]);
  return same ? null : { ...policy, version: POLICY_VERSION, bindings };
}

/** E-mail addresses and domains have no case: cloud.google.com/iam/docs/principal-identifiers */
export function canonical(member: string): string {
  return /^(user|group|serviceAccount|domain):/.test(member) ? member.replace(/:.*/, (rest) => rest.toLowerCase()) : member;
}

function has({ members }: Binding, member: string): boolean {
  return (members ?? []).some((each) => canonical(each) === canonical(member));
}

function isOf({ role, condition }: Binding, grant: Grant): boolean {
  return role === grant.role && (condition?.expression ?? '') === (grant.condition?.expression ?? '');
}

/**
 * Reads, changes and writes until nobody came in between; a policy that need not change is not written.
 * @param passing what else will pass by itself
 */
export async function changePolicy(ctx: Context, place: PolicyPlace, change: (policy: Policy) => Policy | null, passing: (error: unknown) => boolean = () => false): Promise<void> {
  const patience = new Patience(ctx, BUDGET_MS, 'GCP_SLOW');
  await patiently(patience, 'a change of the access policy', (error) => isConflict(error) || passing(error), async () => {
    const next = change(await place.get());
    if (next !== null) await place.set(next);
  });
}

/** cloud.google.com/iam/docs/retry-strategy: 409 of IAM's own APIs and Cloud Run, 412 of Cloud Storage. */
function isConflict(error: unknown): boolean {
  const cause = (error instanceof MlfnError ? error.cause : error) as { code?: unknown } | null;
  return gcpCode(error) === 'ABORTED' || cause?.code === 412;
}
