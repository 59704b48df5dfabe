/** What mlfn's things are called in a project. */
import { createHash } from 'node:crypto';
import type { Digest } from '../../types.ts';

/** Label that says who made a thing; its value is the version of this layout. */
export const LABEL = 'mlfn';
export const LABEL_VALUE = '1';
/** Label of revisions, where labels can be set on them. */
export const RELEASE_LABEL = 'mlfn-release';
/** Variable of every revision that tells which release it is. */
export const RELEASE_VARIABLE = 'MLFN_RELEASE';

/**
 * A tag and its service's name have 46 characters together (cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags);
 * the tag of a release may grow to `r9999`.
 */
export const LONGEST_NAME = 41;
export const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
/** Account ids: cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/create */
const MOST_ACCOUNT = 30;

/** Project ids are unique in the world, so nobody else has the name by chance. */
export function bucketName(project: string, region: string): string {
  return `mlfn-${project}-${region}`.replaceAll(/[^a-z0-9._-]/g, '-');
}

/** The service account that a function runs as: its id, before the `@`. */
export function accountId(name: string): string {
  const whole = `mlfn-${name}`;
  if (whole.length <= MOST_ACCOUNT) return whole;
  const mark = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${whole.slice(0, MOST_ACCOUNT - mark.length - 1).replace(/-+$/, '')}-${mark}`;
}

export const BUILD_ACCOUNT_ID = 'mlfn-build';

export function accountEmail(id: string, project: string): string {
  // `example.com:project`: cloud.google.com/resource-manager/docs/creating-managing-projects
  const [domain, rest] = project.includes(':') ? project.split(':') : [undefined, project];
  return `${id}@${rest}.${domain === undefined ? '' : `${domain}.`}iam.gserviceaccount.com`;
}

/** Of the tag that gives a revision a URL of its own: at least three characters. */
export function tagOf(release: number): string {
  return `r${String(release).padStart(3, '0')}`;
}

export function locationPath(project: string, region: string): string {
  return `projects/${project}/locations/${region}`;
}

export function servicePath(project: string, region: string, name: string): string {
  return `${locationPath(project, region)}/services/${name}`;
}

export function functionPath(project: string, region: string, name: string): string {
  return `${locationPath(project, region)}/functions/${name}`;
}

/** Of models that workers fetch. Below the function's name: its service account may read these and no others. */
export function modelsPrefix(name: string): string {
  return `${functionPrefix(name)}models/`;
}

/** Of all that is kept of one function alone. */
export function functionPrefix(name: string): string {
  return `functions/${name}/`;
}

/** Of what says which callers mlfn let in. */
export function accessKey(name: string): string {
  return `${functionPrefix(name)}access.json`;
}

export function objectKey(digest: Digest): string {
  return `objects/${digest}.tar.gz`;
}

/** Of the one archive that both parts of a package are sent in. */
export function archiveDigest({ dependencies, function: code }: { dependencies: Digest; function: Digest }): Digest {
  return createHash('sha256').update(`${dependencies}\n${code}\n`).digest('hex');
}
