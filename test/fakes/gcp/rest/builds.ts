/** Cloud Build: why a build failed. */
import { Status } from '../status.ts';
import type { Endpoint } from '../transport/rest.ts';
import type { World } from '../world.ts';

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
