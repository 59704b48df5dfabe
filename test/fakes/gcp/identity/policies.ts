/** IAM policies of the project and of what is in it, and whether a member has a permission. */
import { createHash } from 'node:crypto';
import { errorInfo, invalid, Status } from '../status.ts';
import { roleExists, roleGives } from './roles.ts';

export interface Binding {
  role: string;
  members: string[];
  condition?: Condition;
}

export interface Condition {
  title?: string;
  description?: string;
  expression?: string;
}

export interface Policy {
  version: number;
  bindings: Binding[];
  /** Base64. */
  etag: string;
}

/** Of a resource that has none. Source: google/iam/v1/policy.proto, and what the APIs answer. */
const NO_POLICY = 'ACAB';

export class Policies {
  readonly #policies = new Map<string, Policy>();
  readonly customRoles = new Map<string, string[]>();
  /** A service account that is named as a member must exist. */
  readonly #accountExists: (email: string) => boolean;
  readonly #project: string;
  #version = 1;

  constructor(project: string, accountExists: (email: string) => boolean) {
    this.#project = project;
    this.#accountExists = accountExists;
  }

  /**
   * A caller that does not ask for version 3 does not see conditions. Source:
   * https://cloud.google.com/iam/docs/allow-policies#specifying_a_policy_version
   */
  get(resource: string, requested = 3): Policy {
    const policy = structuredClone(this.#policies.get(resource) ?? { version: 1, bindings: [], etag: NO_POLICY });
    if (requested >= 3) return policy;
    const bindings = policy.bindings.map(({ role, members, condition }) => ({ role: condition ? `${role}_withcond_${shortHash(JSON.stringify(condition))}` : role, members }));
    return { ...policy, version: 1, bindings };
  }

  /** Refuses an old etag, as https://cloud.google.com/iam/docs/allow-policies#etag says, roles and members that do not exist. */
  set(resource: string, policy: { bindings?: Binding[]; etag?: string; version?: number }): Policy {
    const now = this.get(resource);
    if (policy.etag && policy.etag !== now.etag) {
      throw new Status('ABORTED', 'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request\'s ETag \'' + policy.etag + '\' did not match the current policy\'s ETag \'' + now.etag + '\'.');
    }
    const bindings = (policy.bindings ?? []).map(({ role, members, condition }) => ({ role, members: members ?? [], ...(condition && { condition }) }));
    for (const { role, members, condition } of bindings) {
      if (condition) this.#checkCondition(condition, policy.version, resource);
      if (!roleExists(role) && !this.customRoles.has(role)) throw invalid('policy', `Role ${role} is not supported for this resource.`);
      for (const member of members) this.#check(member, resource);
    }
    return structuredClone(this.#put(resource, bindings.filter(({ members }) => members.length > 0)));
  }

  remove(resource: string): void {
    for (const name of this.#policies.keys()) if (name === resource || name.startsWith(`${resource}/`)) this.#policies.delete(name);
  }

  /** A deleted account stays in the policies under another name, and gives nothing. Source: https://cloud.google.com/iam/docs/service-accounts-delete-undelete */
  orphan(member: string): void {
    for (const policy of this.#policies.values()) {
      for (const binding of policy.bindings) binding.members = binding.members.map((one) => (one === member ? `deleted:${member}?uid=1` : one));
    }
  }

  grant(resource: string, role: string, member: string): void {
    const { bindings } = this.get(resource);
    const binding = bindings.find((one) => one.role === role);
    if (!binding) bindings.push({ role, members: [member] });
    else if (!binding.members.includes(member)) binding.members.push(member);
    this.#put(resource, bindings);
  }

  revoke(resource: string, role: string, member: string): void {
    const { bindings } = this.get(resource);
    const kept = bindings.map((one) => (one.role === role ? { ...one, members: one.members.filter((other) => other !== member) } : one));
    this.#put(resource, kept.filter(({ members }) => members.length > 0));
  }

  /** By the policy of the resource and of its project. */
  allows(member: string, permission: string, resource: string): boolean {
    const project = resource.split('/').slice(0, 2).join('/');
    return [...new Set([resource, project])].some((name) =>
      this.get(name).bindings.some(({ role, members, condition }) => matches(members, member) && roleGives(role, permission, this.customRoles) && holds(condition, resource)),
    );
  }

  /** For an object of Cloud Storage, by the project's policy. @param object `projects/_/buckets/B/objects/O` */
  allowsObject(member: string, permission: string, object: string): boolean {
    return this.get(this.#project).bindings.some(({ role, members, condition }) => matches(members, member) && roleGives(role, permission, this.customRoles) && holds(condition, object));
  }

  require(member: string, permission: string, resource: string): void {
    if (this.allows(member, permission, resource)) return;
    const message = `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`;
    throw new Status('PERMISSION_DENIED', message, [errorInfo('IAM_PERMISSION_DENIED', 'iam.googleapis.com', { permission, resource })]);
  }

  #put(resource: string, bindings: Binding[]): Policy {
    this.#version += 1;
    const policy = { version: bindings.some(({ condition }) => condition) ? 3 : 1, bindings, etag: Buffer.from(`BwY${this.#version}`).toString('base64') };
    this.#policies.set(resource, policy);
    return policy;
  }

  /** Source: https://cloud.google.com/iam/docs/conditions-overview */
  #checkCondition({ title, expression }: Condition, version: number | undefined, resource: string): void {
    if (version !== 3) throw invalid('policy', 'A policy with conditions must have version 3.');
    if (!title || !expression) throw invalid('policy', 'A condition must have a title and an expression.');
    if (resource.includes('/secrets/') || resource.split('/').length === 2 || resource.includes('/serviceAccounts/') || resource.includes('/services/')) return;
    throw invalid('policy', 'Conditions are not supported on this resource.');
  }

  #check(member: string, resource: string): void {
    if (member === 'allUsers' || member === 'allAuthenticatedUsers') {
      if (resource.split('/').length > 2) return;
      throw invalid('policy', `The member ${member} is not allowed in the policy of a project.`);
    }
    const [, kind, id] = /^(user|serviceAccount|group|domain|deleted|principal|principalSet):(.+)$/.exec(member) ?? [];
    if (kind === undefined || id === undefined) throw invalid('policy', `Invalid member ${member}: the member is not of the form TYPE:ID.`);
    const mail = /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(id);
    if ((kind === 'user' || kind === 'serviceAccount' || kind === 'group') && !mail) throw invalid('policy', `Invalid principal: ${member}.`);
    if (kind === 'serviceAccount' && !this.#accountExists(id)) throw invalid('policy', `Service account ${id} does not exist.`);
  }
}

/** By the name of the resource, the one attribute that this fake knows; anything else does not hold. */
function holds(condition: Condition | undefined, resource: string): boolean {
  if (!condition) return true;
  const prefix = /^resource\.name\.startsWith\((["'])(.*)\1\)$/.exec(condition.expression ?? '')?.[2];
  return prefix !== undefined && resource.startsWith(prefix);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

function matches(members: string[], member: string): boolean {
  if (members.includes('allUsers')) return true;
  return member !== '' && (members.includes(member) || members.includes('allAuthenticatedUsers'));
}
