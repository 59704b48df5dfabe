/** Buckets with all of their settings and an owner each, which fake-gcs-server keeps neither of. */
import { type Answer, denied, invalid, json, NO_BUCKET, NOT_MET, refused } from './refusal.ts';

export interface BucketMetadata {
  name: string;
  projectNumber: string;
  metageneration: string;
  iamConfiguration?: { uniformBucketLevelAccess?: { enabled?: boolean }; publicAccessPrevention?: string };
  [field: string]: unknown;
}

interface Policy {
  version?: number;
  etag: string;
  bindings: { role: string; members: string[]; condition?: unknown }[];
}

/** Project ids and their numbers. */
const NUMBERS: Record<string, string> = { 'lab-project': '123456789012', 'other-project': '999999999999' };
/** Names: docs.cloud.google.com/storage/docs/buckets#naming */
const NAME = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;
const REGION = /^(US|EU|ASIA|[A-Z]+-[A-Z]+[0-9]+)$/;
const DAYS_7 = 7 * 24 * 3600;

export class Buckets {
  readonly #metadata = new Map<string, BucketMetadata>();
  readonly #policies = new Map<string, Policy>();
  /** Buckets of others that let anyone in. */
  readonly #open = new Set<string>();

  constructor(readonly project: string) {}

  get(name: string): BucketMetadata | undefined {
    return this.#metadata.get(name);
  }

  /** A bucket of `other-project`; `open`: it lets everyone read and write. */
  foreign(name: string, { open = false } = {}): void {
    this.#add({ name, location: 'EUROPE-WEST1' }, 'other-project');
    if (open) this.#open.add(name);
  }

  /** What a stranger is told of a bucket that is not theirs. */
  refuseStranger(name: string, permission: string): Answer | null {
    const found = this.#metadata.get(name);
    const foreign = found !== undefined && found.projectNumber !== NUMBERS[this.project];
    return foreign && !this.#open.has(name) ? refused(denied(permission, 'bucket')) : null;
  }

  insert(given: { name?: string; location?: string }, project: string | null): Answer {
    const { name = '', location = 'US' } = given;
    if (project === null) return refused({ status: 400, code: 'required', message: 'Required parameter: project' });
    if (NUMBERS[project] === undefined) return refused({ status: 400, code: 'invalid', message: 'Unknown project id: 0' });
    if (!NAME.test(name) || /goog/.test(name)) return refused(invalid(`Invalid bucket name: '${name}'`));
    if (!REGION.test(location.toUpperCase())) return refused(invalid('The specified location constraint is not valid.'));
    const found = this.#metadata.get(name);
    if (found !== undefined) {
      const mine = found.projectNumber === NUMBERS[project];
      const message = mine
        ? 'Your previous request to create the named bucket succeeded and you already own it.'
        : 'The requested bucket name is not available. The bucket namespace is shared by all users of the system. ' +
          'Please select a different name and try again.';
      return refused({ status: 409, code: 'conflict', message });
    }
    return json(this.#add(given, project));
  }

  #add(given: { name?: string; location?: string }, project: string): BucketMetadata {
    const name = given.name ?? '';
    const metadata: BucketMetadata = {
      kind: 'storage#bucket', storageClass: 'STANDARD', locationType: 'region', timeCreated: new Date().toISOString(),
      softDeletePolicy: { retentionDurationSeconds: String(DAYS_7) },
      ...given, id: name, name, location: (given.location ?? 'US').toUpperCase(), projectNumber: NUMBERS[project] ?? '', metageneration: '1',
    };
    this.#metadata.set(name, metadata);
    this.#policies.set(name, { version: 1, etag: 'CAE=', bindings: [{ role: 'roles/storage.legacyBucketOwner', members: [`projectOwner:${project}`] }] });
    return metadata;
  }

  list(project: string | null, prefix: string): Answer {
    if (project === null) return refused({ status: 400, code: 'required', message: 'Required parameter: project' });
    const items = [...this.#metadata.values()].filter(({ name, projectNumber }) => name.startsWith(prefix) && projectNumber === NUMBERS[project]);
    return json({ kind: 'storage#buckets', ...(items.length === 0 ? {} : { items }) });
  }

  read(name: string): Answer {
    return json(this.#metadata.get(name));
  }

  /** JSON merge patch, as RFC 7396 and the API's "partial updates" have it. */
  patch(name: string, change: Record<string, unknown>, ifMetagenerationMatch: string | null): Answer {
    const found = this.#metadata.get(name);
    if (found === undefined) return refused(NO_BUCKET);
    if (ifMetagenerationMatch !== null && ifMetagenerationMatch !== found.metageneration) return refused(NOT_MET);
    const metadata = merged(found, change) as BucketMetadata;
    metadata.metageneration = String(Number(found.metageneration) + 1);
    this.#metadata.set(name, metadata);
    return json(metadata);
  }

  delete(name: string): void {
    this.#metadata.delete(name);
    this.#policies.delete(name);
  }

  policy(name: string): Answer {
    const policy = this.#policies.get(name);
    return policy === undefined ? refused(NO_BUCKET) : json({ kind: 'storage#policy', ...policy });
  }

  setPolicy(name: string, policy: Policy): Answer {
    const found = this.#policies.get(name);
    if (found === undefined) return refused(NO_BUCKET);
    if (policy.etag !== undefined && policy.etag !== found.etag) return refused(NOT_MET);
    const everyone = policy.bindings.some(({ members }) => members.some((member) => /^all(Authenticated)?Users$/.test(member)));
    if (everyone && this.#metadata.get(name)?.iamConfiguration?.publicAccessPrevention === 'enforced') {
      return refused({ status: 412, code: 'conditionNotMet', message: 'The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.' });
    }
    this.#policies.set(name, { ...policy, etag: Buffer.from(`${Date.now()}${Math.random()}`).toString('base64') });
    return this.policy(name);
  }
}

function merged(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const result: Record<string, unknown> = { ...(typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}) };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
