/** Packages of Artifact Registry, their versions and tags: https://cloud.google.com/artifact-registry/docs/reference/rest */
import { Status } from '../status.ts';
import type { Images, Place } from '../registry/images.ts';
import type { Asked, Endpoint } from '../transport/rest.ts';
import type { Repository, World } from '../world.ts';
import { findRepository, REPOSITORY } from './artifacts.ts';

const PACKAGE = `${REPOSITORY}/packages/(?<package>[^/:]+)`;

export function artifactPackages(world: World, images: Images): Endpoint[] {
  const found = (asked: Asked, permission: string) => {
    const repository = findRepository(world, asked, `artifactregistry.${permission}`);
    const name = asked.parts['package'] as string;
    if (!repository.packages.has(name)) throw new Status('NOT_FOUND', `Package "${name}" was not found.`);
    return { repository, name, place: { repository: repository.name, package: name }, path: `${repository.name}/packages/${encodeURIComponent(name)}` };
  };
  const deleting = (resource: string, act: () => void) => {
    const work = { parent: resource.split('/').slice(0, 4).join('/'), target: resource, metadata: () => ({ '@type': 'type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata' }) };
    return world.operations.start({ ...work, run: async () => (act(), { '@type': 'type.googleapis.com/google.protobuf.Empty', value: {} }) });
  };
  return [
    {
      name: 'packages.list',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${REPOSITORY}/packages)$`),
      answer: (asked) => {
        const repository = findRepository(world, asked, 'artifactregistry.packages.list');
        return { packages: [...repository.packages.keys()].map((name) => ({ name: `${repository.name}/packages/${encodeURIComponent(name)}` })) };
      },
    },
    {
      name: 'packages.delete',
      method: 'DELETE',
      path: new RegExp(`^/v1/(?<resource>${PACKAGE})$`),
      answer: (asked) => {
        const { repository, name, place } = found(asked, 'packages.delete');
        return deleting(asked.parts['resource'] as string, () => {
          repository.packages.delete(name);
          images.removePackage(place);
        });
      },
    },
    {
      name: 'versions.list',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${PACKAGE}/versions)$`),
      answer: (asked) => {
        const { repository, name, path } = found(asked, 'versions.list');
        return { versions: repository.packages.get(name)?.map((version) => ({ name: `${path}/versions/${version}` })) };
      },
    },
    {
      name: 'versions.get',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${PACKAGE}/versions/(?<version>[^/]+))$`),
      answer: (asked) => ({ name: `${found(asked, 'versions.get').path}/versions/${versionOf(found(asked, 'versions.get').repository, asked)}` }),
    },
    {
      name: 'versions.delete',
      method: 'DELETE',
      path: new RegExp(`^/v1/(?<resource>${PACKAGE}/versions/(?<version>[^/]+))$`),
      answer: (asked) => {
        const { repository, name, place } = found(asked, 'versions.delete');
        const version = versionOf(repository, asked);
        const tagged = [...(images.find(place)?.tags ?? [])].some(([, digest]) => digest === version);
        if (tagged && asked.query.get('force') !== 'true') throw new Status('FAILED_PRECONDITION', `The version ${version} has tags: it is deleted with force only.`);
        if (tagged && repository.dockerConfig?.immutableTags === true) throw new Status('FAILED_PRECONDITION', 'The repository has enabled tag immutability.');
        return deleting(asked.parts['resource'] as string, () => {
          repository.packages.set(name, (repository.packages.get(name) ?? []).filter((each) => each !== version));
          if (images.find(place) !== undefined) images.removeVersion(place, version);
        });
      },
    },
    ...tags(images, found),
  ];
}

type Find = (asked: Asked, permission: string) => { repository: Repository; name: string; place: Place; path: string };

function tags(images: Images, found: Find): Endpoint[] {
  const own = new RegExp(`^/v1/(?<resource>${PACKAGE}/tags/(?<tag>[^/]+))$`);
  const tagOf = (path: string, [tag, digest]: [string, string]) => ({ name: `${path}/tags/${tag}`, version: `${path}/versions/${digest}` });
  return [
    {
      name: 'tags.list',
      method: 'GET',
      path: new RegExp(`^/v1/(?<resource>${PACKAGE}/tags)$`),
      answer: (asked) => {
        const { place, path } = found(asked, 'tags.list');
        return { tags: [...(images.find(place)?.tags ?? [])].map((each) => tagOf(path, each)) };
      },
    },
    {
      name: 'tags.create',
      method: 'POST',
      path: new RegExp(`^/v1/(?<resource>${PACKAGE}/tags)$`),
      fields: ['name', 'version'],
      answer: (asked) => {
        const { repository, place, path } = found(asked, 'tags.create');
        const tag = asked.query.get('tagId') ?? '';
        if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new Status('INVALID_ARGUMENT', `"${tag}" is no tag.`);
        if (images.open(place).tags.has(tag)) throw new Status('ALREADY_EXISTS', `Tag ${tag} already exists.`);
        const digest = versionOf(repository, asked);
        images.open(place).tags.set(tag, digest);
        return tagOf(path, [tag, digest]);
      },
    },
    {
      name: 'tags.patch',
      method: 'PATCH',
      path: own,
      fields: ['name', 'version'],
      answer: (asked) => {
        const { repository, place, path } = found(asked, 'tags.update');
        const tag = asked.parts['tag'] as string;
        if (!images.open(place).tags.has(tag)) throw new Status('NOT_FOUND', `Tag ${tag} was not found.`);
        if (repository.dockerConfig?.immutableTags === true) throw new Status('FAILED_PRECONDITION', 'The repository has enabled tag immutability.');
        const digest = versionOf(repository, asked);
        images.open(place).tags.set(tag, digest);
        return tagOf(path, [tag, digest]);
      },
    },
    {
      name: 'tags.delete',
      method: 'DELETE',
      path: own,
      answer: (asked) => {
        const { repository, place } = found(asked, 'tags.delete');
        if (repository.dockerConfig?.immutableTags === true) throw new Status('FAILED_PRECONDITION', 'The repository has enabled tag immutability.');
        if (!images.open(place).tags.delete(asked.parts['tag'] as string)) throw new Status('NOT_FOUND', `Tag ${asked.parts['tag']} was not found.`);
        return {};
      },
    },
  ];
}

/** Named in the path, or in the body by its full name. */
function versionOf({ packages }: Repository, { parts, body }: Asked): string {
  const named = parts['version'] ?? String((body as { version?: string }).version ?? '').split('/versions/')[1] ?? '';
  if (!packages.get(parts['package'] as string)?.includes(named)) throw new Status('NOT_FOUND', `Version "${named}" was not found.`);
  return named;
}
