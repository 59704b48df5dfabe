/** Artifact Registry: repositories and their policies. What is in them: packages.ts; the images themselves: ../registry. */
import { Status } from '../status.ts';
import type { Asked, Endpoint } from '../transport/rest.ts';
import type { Repository, World } from '../world.ts';
import { checkLabels } from '../run/limits.ts';

const LOCATION = 'projects/[^/]+/locations/[^/]+';
export const REPOSITORY = `(?<repository>${LOCATION}/repositories/[^/:]+)`;

const FIELDS = ['name', 'format', 'description', 'labels', 'dockerConfig', 'cleanupPolicies', 'cleanupPolicyDryRun', 'mode', 'createTime', 'updateTime'];

/** Source: https://cloud.google.com/artifact-registry/docs/reference/rest */
export function artifactRegistry(world: World): Endpoint[] {
  return [
    {
      name: 'repositories.list',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${LOCATION})/repositories$`),
      answer: ({ parts, caller }) => {
        world.policies.require(caller.member, 'artifactregistry.repositories.list', parts['resource'] as string);
        return { repositories: [...world.repositories.values()].filter(({ name }) => name.startsWith(`${parts['resource']}/`)).map(seen) };
      },
    },
    {
      name: 'repositories.create',
      method: 'POST',
      path: new RegExp(`^/v1/(?<resource>${LOCATION})/repositories$`),
      fields: FIELDS,
      answer: (asked) => create(world, asked),
    },
    {
      name: 'repositories.get',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY})$`),
      answer: (asked) => seen(findRepository(world, asked, 'artifactregistry.repositories.get')),
    },
    {
      name: 'repositories.patch',
      method: 'PATCH',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY})$`),
      fields: FIELDS,
      answer: (asked) => {
        const repository = findRepository(world, asked, 'artifactregistry.repositories.update');
        const mask = (asked.query.get('updateMask') ?? '').split(',').filter(Boolean);
        if (mask.length === 0) throw new Status('INVALID_ARGUMENT', 'update_mask must be set.');
        check(asked.body);
        for (const field of mask) {
          const key = field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
          Object.assign(repository, { [key]: asked.body[key] });
        }
        return seen(repository);
      },
    },
    {
      name: 'operations.get',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${LOCATION}/operations/[^/]+)$`),
      answer: ({ parts }) => world.operations.get(parts['resource'] as string),
    },
  ];
}

export function findRepository(world: World, { parts, caller }: Asked, permission: string): Repository {
  world.policies.require(caller.member, permission, parts['repository'] as string);
  const repository = world.repositories.get(parts['repository'] as string);
  if (!repository) throw new Status('NOT_FOUND', `Requested entity was not found: ${parts['repository']}`);
  return repository;
}

function seen(repository: Repository): object {
  return { ...repository, packages: undefined, mode: 'STANDARD_REPOSITORY', createTime: '2024-01-01T00:00:00Z', updateTime: '2024-01-01T00:00:00Z' };
}

/** Source: google/devtools/artifactregistry/v1/repository.proto */
function create(world: World, { parts, caller, query, body }: Asked): unknown {
  const parent = parts['resource'] as string;
  world.policies.require(caller.member, 'artifactregistry.repositories.create', parent);
  const id = query.get('repositoryId') ?? '';
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(id)) throw new Status('INVALID_ARGUMENT', `invalid repository id "${id}": it must match "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$".`);
  const { format, description, labels, dockerConfig, cleanupPolicies } = body as Partial<Repository>;
  if (format !== 'DOCKER') throw new Status('INVALID_ARGUMENT', `This fake keeps images only, and the format is ${format}.`);
  check(body);
  const name = `${parent}/repositories/${id}`;
  const taken = () => new Status('ALREADY_EXISTS', `the repository already exists`);
  if (world.repositories.has(name)) throw taken();
  const repository: Repository = { name, format, packages: new Map(), ...(description && { description }), ...(labels && { labels }), ...(dockerConfig && { dockerConfig }), ...(cleanupPolicies && { cleanupPolicies }) };
  return world.operations.start({
    parent,
    target: name,
    metadata: () => ({ '@type': 'type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata' }),
    run: async () => {
      if (world.repositories.has(name)) throw taken();
      world.repositories.set(name, repository);
      return { '@type': 'type.googleapis.com/google.devtools.artifactregistry.v1.Repository', ...seen(repository) };
    },
  });
}

function check(body: Asked['body']): void {
  const { labels, cleanupPolicies } = body as Partial<Repository>;
  checkLabels(labels, 'repository.labels');
  for (const [id, policy] of Object.entries(cleanupPolicies ?? {})) checkPolicy(id, policy);
}

/** Source: https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy */
function checkPolicy(id: string, policy: object): void {
  const { action, condition, mostRecentVersions } = policy as { action?: string; condition?: { olderThan?: string; tagState?: string; tagPrefixes?: string[] }; mostRecentVersions?: { keepCount?: number } };
  const refuse = (why: string) => new Status('INVALID_ARGUMENT', `Invalid cleanup policy ${id}: ${why}.`);
  if (action !== 'DELETE' && action !== 'KEEP') throw refuse('action must be DELETE or KEEP');
  if ((condition === undefined) === (mostRecentVersions === undefined)) throw refuse('one of condition and mostRecentVersions must be set');
  if (mostRecentVersions && action !== 'KEEP') throw refuse('mostRecentVersions is for KEEP only');
  if (condition?.olderThan !== undefined && !/^\d+(\.\d+)?s$/.test(condition.olderThan)) throw refuse(`olderThan must be a duration in seconds, got ${condition.olderThan}`);
  if (condition?.tagState !== undefined && !['TAGGED', 'UNTAGGED', 'ANY'].includes(condition.tagState)) throw refuse(`tagState ${condition.tagState} is none`);
  if (condition?.tagPrefixes !== undefined && condition.tagState !== 'TAGGED') throw refuse('tagPrefixes needs the tagState TAGGED');
}
