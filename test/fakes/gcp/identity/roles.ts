/** Which permissions a role has: those that the calls of this fake need. Source: https://cloud.google.com/iam/docs/roles-permissions */

/** `*` at the end stands for any rest; a leading `-` takes away. */
const ROLES: Record<string, string[]> = {
  'roles/owner': ['*'],
  'roles/editor': ['*', '-*.setIamPolicy', '-iam.serviceAccounts.getAccessToken', '-iam.serviceAccounts.signBlob'],
  'roles/viewer': ['*.get', '*.list', '*.getIamPolicy', '-storage.objects.*'],
  'roles/run.admin': ['run.*'],
  'roles/run.developer': ['run.*', '-run.services.setIamPolicy', '-run.routes.invoke'],
  'roles/run.viewer': ['run.*.get', 'run.*.list', 'run.services.getIamPolicy'],
  'roles/run.invoker': ['run.routes.invoke'],
  'roles/run.sourceDeveloper': ['run.*', '-run.services.setIamPolicy', '-run.routes.invoke', 'cloudbuild.builds.*', 'artifactregistry.*', 'storage.objects.*', 'storage.buckets.*', 'serviceusage.services.get', 'serviceusage.services.list'],
  'roles/cloudfunctions.admin': ['cloudfunctions.*', 'run.services.*', 'run.revisions.*', 'run.operations.*', 'run.routes.*', 'cloudbuild.builds.get', 'cloudbuild.builds.list', 'serviceusage.services.get', 'serviceusage.services.list'],
  'roles/cloudfunctions.developer': ['cloudfunctions.*', '-cloudfunctions.functions.setIamPolicy', 'run.services.get', 'run.services.list', 'run.revisions.get', 'run.revisions.list', 'cloudbuild.builds.get', 'cloudbuild.builds.list'],
  'roles/cloudfunctions.viewer': ['cloudfunctions.*.get', 'cloudfunctions.*.list'],
  'roles/cloudbuild.builds.builder': ['cloudbuild.builds.*', 'artifactregistry.*', 'logging.logEntries.create', 'storage.objects.*', 'storage.buckets.get'],
  'roles/cloudbuild.builds.viewer': ['cloudbuild.builds.get', 'cloudbuild.builds.list'],
  'roles/iam.serviceAccountUser': ['iam.serviceAccounts.actAs', 'iam.serviceAccounts.get', 'iam.serviceAccounts.list'],
  'roles/iam.serviceAccountAdmin': ['iam.serviceAccounts.create', 'iam.serviceAccounts.delete', 'iam.serviceAccounts.get', 'iam.serviceAccounts.getIamPolicy', 'iam.serviceAccounts.list', 'iam.serviceAccounts.setIamPolicy', 'iam.serviceAccounts.update'],
  'roles/iam.serviceAccountCreator': ['iam.serviceAccounts.create', 'iam.serviceAccounts.get', 'iam.serviceAccounts.list'],
  'roles/iam.serviceAccountTokenCreator': ['iam.serviceAccounts.getAccessToken', 'iam.serviceAccounts.getOpenIdToken', 'iam.serviceAccounts.signBlob', 'iam.serviceAccounts.signJwt'],
  'roles/iam.serviceAccountOpenIdTokenCreator': ['iam.serviceAccounts.getOpenIdToken'],
  'roles/resourcemanager.projectIamAdmin': ['resourcemanager.projects.get', 'resourcemanager.projects.getIamPolicy', 'resourcemanager.projects.setIamPolicy'],
  'roles/browser': ['resourcemanager.projects.get', 'resourcemanager.projects.getIamPolicy'],
  'roles/serviceusage.serviceUsageAdmin': ['serviceusage.services.*'],
  'roles/serviceusage.serviceUsageViewer': ['serviceusage.services.get', 'serviceusage.services.list'],
  'roles/serviceusage.serviceUsageConsumer': ['serviceusage.services.get', 'serviceusage.services.list', 'serviceusage.services.use'],
  'roles/storage.admin': ['storage.*'],
  'roles/storage.objectAdmin': ['storage.objects.*'],
  'roles/storage.objectUser': ['storage.objects.create', 'storage.objects.delete', 'storage.objects.get', 'storage.objects.list', 'storage.objects.update'],
  'roles/storage.objectCreator': ['storage.objects.create'],
  'roles/storage.objectViewer': ['storage.objects.get', 'storage.objects.list'],
  'roles/logging.viewer': ['logging.logEntries.list', 'logging.logs.list'],
  'roles/logging.logWriter': ['logging.logEntries.create'],
  'roles/artifactregistry.admin': ['artifactregistry.*'],
  'roles/artifactregistry.repoAdmin': ['artifactregistry.repositories.get', 'artifactregistry.repositories.list', 'artifactregistry.repositories.uploadArtifacts', 'artifactregistry.repositories.downloadArtifacts', 'artifactregistry.packages.*', 'artifactregistry.versions.*', 'artifactregistry.tags.*'],
  'roles/artifactregistry.writer': ['artifactregistry.repositories.get', 'artifactregistry.repositories.uploadArtifacts', 'artifactregistry.repositories.downloadArtifacts', 'artifactregistry.tags.*', 'artifactregistry.versions.get', 'artifactregistry.versions.list'],
  'roles/artifactregistry.reader': ['artifactregistry.repositories.get', 'artifactregistry.repositories.list', 'artifactregistry.repositories.downloadArtifacts', 'artifactregistry.packages.get', 'artifactregistry.packages.list', 'artifactregistry.versions.get', 'artifactregistry.versions.list'],
  'roles/secretmanager.admin': ['secretmanager.*'],
  'roles/secretmanager.viewer': ['secretmanager.secrets.get', 'secretmanager.secrets.list', 'secretmanager.secrets.getIamPolicy', 'secretmanager.versions.get', 'secretmanager.versions.list'],
  'roles/secretmanager.secretAccessor': ['secretmanager.versions.access'],
  'roles/vpcaccess.user': ['vpcaccess.connectors.use'],
  'roles/billing.viewer': ['resourcemanager.projects.get', 'billing.resourceAssociations.list'],
};

export function roleExists(role: string): boolean {
  return role in ROLES || /^(projects|organizations)\/[^/]+\/roles\/\w+$/.test(role);
}

/** `extra`: custom roles, by their full names. */
export function roleGives(role: string, permission: string, extra: Map<string, string[]>): boolean {
  const entries = ROLES[role] ?? extra.get(role) ?? [];
  const matches = (pattern: string) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(permission);
  if (entries.some((entry) => entry.startsWith('-') && matches(entry.slice(1)))) return false;
  return entries.some((entry) => !entry.startsWith('-') && matches(entry));
}
