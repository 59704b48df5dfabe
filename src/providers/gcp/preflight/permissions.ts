/** What a deployer may have to do, as data: preflight asks IAM about it, docs/gcp-role.yaml is made from it. */
import type { GcpConfig } from '../config.ts';

type Configured = Pick<GcpConfig, 'mode' | 'bucket' | 'serviceAccount' | 'buildServiceAccount' | 'secrets' | 'vpcConnector'>;

interface Group {
  permissions: readonly string[];
  /** The narrowest predefined role that has them all: what a mend grants. */
  role: string;
  /** All, where absent. */
  mode?: GcpConfig['mode'] | 'not function';
  /** Needed only by who has this setting, or, with `!`, has not. */
  setting?: 'secrets' | 'vpcConnector' | '!bucket' | '!serviceAccount' | '!buildServiceAccount';
}

/** cloud.google.com/iam/docs/roles-permissions */
export const PERMISSIONS: readonly Group[] = [
  { role: 'roles/browser', permissions: ['resourcemanager.projects.get'] },
  { role: 'roles/serviceusage.serviceUsageViewer', permissions: ['serviceusage.services.get'] },
  {
    role: 'roles/run.admin',
    permissions: [
      'run.operations.get',
      'run.revisions.delete',
      'run.revisions.list',
      // The check of a release calls it, closed as it is.
      'run.routes.invoke',
      'run.services.get',
      'run.services.getIamPolicy',
      'run.services.list',
      'run.services.setIamPolicy',
      'run.services.update',
    ],
  },
  { role: 'roles/run.admin', mode: 'not function', permissions: ['run.services.create', 'run.services.delete'] },
  {
    role: 'roles/cloudfunctions.developer',
    mode: 'function',
    permissions: [
      'cloudfunctions.functions.create',
      'cloudfunctions.functions.delete',
      'cloudfunctions.functions.get',
      'cloudfunctions.functions.list',
      'cloudfunctions.functions.sourceCodeSet',
      'cloudfunctions.functions.update',
      'cloudfunctions.locations.list',
      'cloudfunctions.operations.get',
      'cloudfunctions.runtimes.list',
    ],
  },
  {
    role: 'roles/storage.admin',
    permissions: ['storage.buckets.get', 'storage.objects.create', 'storage.objects.delete', 'storage.objects.get', 'storage.objects.list'],
  },
  { role: 'roles/storage.admin', setting: '!bucket', permissions: ['storage.buckets.create', 'storage.buckets.list', 'storage.buckets.update'] },
  // A function's own account may read its own models.
  { role: 'roles/storage.admin', setting: '!serviceAccount', permissions: ['storage.buckets.getIamPolicy', 'storage.buckets.setIamPolicy'] },
  { role: 'roles/iam.serviceAccountUser', permissions: ['iam.serviceAccounts.actAs'] },
  {
    role: 'roles/iam.serviceAccountAdmin',
    setting: '!serviceAccount',
    permissions: ['iam.serviceAccounts.create', 'iam.serviceAccounts.delete', 'iam.serviceAccounts.get'],
  },
  {
    role: 'roles/iam.serviceAccountAdmin',
    mode: 'function',
    setting: '!buildServiceAccount',
    permissions: ['iam.serviceAccounts.create', 'iam.serviceAccounts.get'],
  },
  {
    role: 'roles/resourcemanager.projectIamAdmin',
    mode: 'function',
    setting: '!buildServiceAccount',
    permissions: ['resourcemanager.projects.getIamPolicy', 'resourcemanager.projects.setIamPolicy'],
  },
  {
    role: 'roles/artifactregistry.admin',
    mode: 'function',
    permissions: ['artifactregistry.packages.delete', 'artifactregistry.repositories.get', 'artifactregistry.repositories.update'],
  },
  {
    role: 'roles/artifactregistry.admin',
    mode: 'image',
    permissions: [
      'artifactregistry.repositories.create',
      // Cloud Run asks this of who deploys an image: cloud.google.com/run/docs/deploying#permissions_required_to_deploy
      'artifactregistry.repositories.downloadArtifacts',
      'artifactregistry.repositories.get',
      'artifactregistry.repositories.update',
      'artifactregistry.repositories.uploadArtifacts',
      'artifactregistry.tags.create',
      'artifactregistry.tags.delete',
      'artifactregistry.tags.list',
      'artifactregistry.tags.update',
      'artifactregistry.versions.delete',
      'artifactregistry.versions.get',
    ],
  },
  { role: 'roles/logging.viewer', permissions: ['logging.logEntries.list'] },
  {
    role: 'roles/secretmanager.admin',
    setting: 'secrets',
    permissions: ['secretmanager.secrets.getIamPolicy', 'secretmanager.secrets.setIamPolicy', 'secretmanager.versions.get'],
  },
  { role: 'roles/vpcaccess.user', setting: 'vpcConnector', permissions: ['vpcaccess.connectors.use'] },
];

/** APIs that have to be on: cloud.google.com/functions/docs/create-deploy-gcloud, cloud.google.com/run/docs/deploying-source-code */
export function apisFor(config: Configured): string[] {
  const build = ['cloudfunctions', 'cloudbuild', 'artifactregistry'];
  const needed = [
    'run',
    'storage',
    'iam',
    'logging',
    'cloudresourcemanager',
    ...(config.mode === 'function' ? build : config.mode === 'image' ? ['artifactregistry'] : []),
    ...(isSet(config, 'secrets') ? ['secretmanager'] : []),
    ...(isSet(config, 'vpcConnector') ? ['vpcaccess'] : []),
  ];
  return needed.map((name) => `${name}.googleapis.com`);
}

/** Each permission once, with the role that a mend grants. */
export function permissionsFor(config: Configured): Map<string, string> {
  const groups = PERMISSIONS.filter(({ mode, setting }) => isOf(config, mode) && (setting === undefined || isSet(config, setting)));
  return new Map(groups.flatMap(({ permissions, role }) => permissions.map((permission) => [permission, role] as const)));
}

/** The definition of a custom role that is enough for all: cloud.google.com/iam/docs/creating-custom-roles */
export function deployerRole() {
  return {
    title: 'mlfn deployer',
    description: 'Deploys, calls, rolls back and deletes functions with mlfn.',
    stage: 'GA',
    includedPermissions: [...new Set(PERMISSIONS.flatMap(({ permissions }) => permissions))].toSorted(),
  };
}

function isOf({ mode }: Configured, wanted: Group['mode']): boolean {
  return wanted === undefined || wanted === mode || (wanted === 'not function' && mode !== 'function');
}

function isSet(config: Configured, setting: NonNullable<Group['setting']>): boolean {
  if (setting.startsWith('!')) return config[setting.slice(1) as 'bucket'] === undefined;
  return setting === 'secrets' ? Object.keys(config.secrets).length > 0 : config.vpcConnector !== undefined;
}
