/** Where images of functions are: in one repository of the region, each function's under its own name. */
import { locationPath } from '../names.ts';
import type { Session } from '../session.ts';

export const REPOSITORY = 'mlfn';

/** Host of the region's registry, spelled as gcloud does: its properties artifacts/registry_endpoint_prefix and artifacts/domain count. */
export function registryHost({ region, ctx: { env } }: Pick<Session, 'region' | 'ctx'>): string {
  const prefix = env['CLOUDSDK_ARTIFACTS_REGISTRY_ENDPOINT_PREFIX'] ?? '';
  return `${prefix}${region}-docker.${registryDomain(env)}`;
}

export function registryDomain(env: Session['ctx']['env']): string {
  return env['CLOUDSDK_ARTIFACTS_DOMAIN'] || 'pkg.dev';
}

/** Below the host. A project of a domain is `example.com/project` there: cloud.google.com/artifact-registry/docs/docker/names */
export function imageRepository({ project }: Pick<Session, 'project'>, name: string): string {
  return `${project.replace(':', '/')}/${REPOSITORY}/${name}`;
}

/** By its digest, as Cloud Run is told. */
export function imageName(session: Session, name: string, digest: string): string {
  return `${registryHost(session)}/${imageRepository(session, name)}@${digest}`;
}

export function repositoryPath({ project, region }: Pick<Session, 'project' | 'region'>): string {
  return `/v1/${locationPath(project, region)}/repositories/${REPOSITORY}`;
}

export function packagePath(session: Session, name: string): string {
  return `${repositoryPath(session)}/packages/${name}`;
}
