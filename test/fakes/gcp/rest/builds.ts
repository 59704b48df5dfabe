/** Artifact Registry and Cloud Build: what functions leave behind, and why a build failed. */
import { Status } from '../status.ts';
import type { Asked, Endpoint } from '../transport/rest.ts';
import type { Repository, World } from '../world.ts';

const LOCATION = 'projects/[^/]+/locations/[^/]+';
const REPOSITORY = `(?<repository>${LOCATION}/repositories/[^/:]+)`;

/** Source: https://cloud.google.com/artifact-registry/docs/reference/rest */
export function artifactRegistry(world: World): Endpoint[] {
  const seen = ({ name, format, cleanupPolicies, cleanupPolicyDryRun }: Repository) => ({ name, format, ...(cleanupPolicies && { cleanupPolicies }), ...(cleanupPolicyDryRun && { cleanupPolicyDryRun }), mode: 'STANDARD_REPOSITORY', createTime: '2024-01-01T00:00:00Z', updateTime: '2024-01-01T00:00:00Z' });
  const find = ({ parts, caller }: Asked, permission: string): Repository => {
    world.policies.require(caller.member, permission, parts['repository'] as string);
    const repository = world.repositories.get(parts['repository'] as string);
    if (!repository) throw new Status('NOT_FOUND', `Requested entity was not found: ${parts['repository']}`);
    return repository;
  };
  const packageOf = ({ packages }: Repository, { parts }: Asked): string => {
    const name = parts['package'] as string;
    if (!packages.has(name)) throw new Status('NOT_FOUND', `Package "${name}" was not found.`);
    return name;
  };
  const deleting = (resource: string, act: () => void) => {
    const work = { parent: resource.split('/').slice(0, 4).join('/'), target: resource, metadata: () => ({ '@type': 'type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata' }) };
    return world.operations.start({ ...work, run: async () => (act(), { '@type': 'type.googleapis.com/google.protobuf.Empty', value: {} }) });
  };
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
      name: 'repositories.get',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY})$`),
      answer: (asked) => seen(find(asked, 'artifactregistry.repositories.get')),
    },
    {
      name: 'repositories.patch',
      method: 'PATCH',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY})$`),
      fields: ['name', 'format', 'description', 'labels', 'cleanupPolicies', 'cleanupPolicyDryRun', 'mode', 'createTime', 'updateTime'],
      answer: (asked) => {
        const repository = find(asked, 'artifactregistry.repositories.update');
        const mask = (asked.query.get('updateMask') ?? '').split(',').filter(Boolean);
        if (mask.length === 0) throw new Status('INVALID_ARGUMENT', 'update_mask must be set.');
        for (const [id, policy] of Object.entries((asked.body['cleanupPolicies'] ?? {}) as Record<string, object>)) checkPolicy(id, policy);
        for (const field of mask) {
          const key = field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
          Object.assign(repository, { [key]: asked.body[key] });
        }
        return seen(repository);
      },
    },
    {
      name: 'packages.list',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY}/packages)$`),
      answer: (asked) => {
        const repository = find(asked, 'artifactregistry.packages.list');
        return { packages: [...repository.packages.keys()].map((name) => ({ name: `${repository.name}/packages/${encodeURIComponent(name)}` })) };
      },
    },
    {
      name: 'packages.delete',
      method: 'DELETE',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY}/packages/(?<package>[^/:]+))$`),
      answer: (asked) => {
        const repository = find(asked, 'artifactregistry.packages.delete');
        const name = packageOf(repository, asked);
        return deleting(asked.parts['resource'] as string, () => repository.packages.delete(name));
      },
    },
    {
      name: 'versions.list',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY}/packages/(?<package>[^/:]+)/versions)$`),
      answer: (asked) => {
        const repository = find(asked, 'artifactregistry.versions.list');
        const name = packageOf(repository, asked);
        return { versions: repository.packages.get(name)?.map((version) => ({ name: `${repository.name}/packages/${encodeURIComponent(name)}/versions/${version}` })) };
      },
    },
    {
      name: 'versions.delete',
      method: 'DELETE',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY}/packages/(?<package>[^/:]+)/versions/(?<version>[^/]+))$`),
      answer: (asked) => {
        const repository = find(asked, 'artifactregistry.versions.delete');
        const name = packageOf(repository, asked);
        const versions = repository.packages.get(name) as string[];
        if (!versions.includes(asked.parts['version'] as string)) throw new Status('NOT_FOUND', `Version "${asked.parts['version']}" was not found.`);
        return deleting(asked.parts['resource'] as string, () => repository.packages.set(name, versions.filter((version) => version !== asked.parts['version'])));
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

/** Source: https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy */
function checkPolicy(id: string, policy: object): void {
  const { action, condition, mostRecentVersions } = policy as { action?: string; condition?: { olderThan?: string }; mostRecentVersions?: { keepCount?: number } };
  const refuse = (why: string) => new Status('INVALID_ARGUMENT', `Invalid cleanup policy ${id}: ${why}.`);
  if (action !== 'DELETE' && action !== 'KEEP') throw refuse('action must be DELETE or KEEP');
  if ((condition === undefined) === (mostRecentVersions === undefined)) throw refuse('one of condition and mostRecentVersions must be set');
  if (mostRecentVersions && action !== 'KEEP') throw refuse('mostRecentVersions is for KEEP only');
  if (condition?.olderThan !== undefined && !/^\d+(\.\d+)?s$/.test(condition.olderThan)) throw refuse(`olderThan must be a duration in seconds, got ${condition.olderThan}`);
}

/** Source: https://cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.builds */
export function cloudBuild(world: World): Endpoint[] {
  return [
    {
      name: 'builds.get',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>projects/[^/]+/(?:locations/[^/]+/)?builds/(?<id>[^/:]+))$`),
      answer: ({ parts, caller }) => {
        world.policies.require(caller.member, 'cloudbuild.builds.get', `projects/${world.project}`);
        const build = world.builds.get(parts['id'] as string);
        if (!build) throw new Status('NOT_FOUND', `Requested entity was not found: ${parts['resource']}`);
        return { ...build, projectId: world.project, logUrl: `https://console.cloud.google.com/cloud-build/builds;region=${world.region}/${build.id}?project=${world.number}`, options: { logging: 'CLOUD_LOGGING_ONLY' } };
      },
    },
  ];
}
