/** Refuses a service that Cloud Run refuses at once, before any operation starts. */
import { versionOf } from '../runner/runtimes.ts';
import { invalid, Status } from '../status.ts';
import type { World } from '../world.ts';
import { checkLabels, checkQuota, checkResources, checkScaling, checkTimeout, checkVariables } from './limits.ts';
import type { Container, Service, Template } from './messages.ts';

/** Fewer than 50 letters. Source: google/cloud/run/v2/service.proto, CreateServiceRequest.service_id */
export function checkServiceId(id: string | undefined): asserts id is string {
  if (!id) throw invalid('service_id', 'must not be empty.');
  if (!/^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/.test(id)) {
    throw invalid('service_id', `only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen; must contain fewer than 50 characters; got '${id}'.`);
  }
}

export function checkService(world: World, member: string, service: Service, id: string): void {
  checkLabels(service.labels, 'service.labels');
  if ((service.description ?? '').length > 512) throw invalid('service.description', 'at most 512 characters.');
  const { template } = service;
  if (!template) throw invalid('service.template', 'must be set.');
  checkTemplate(world, template, id);
  actAs(world, member, template.serviceAccount || world.defaultAccount);
}

/** Source: https://cloud.google.com/run/docs/configuring/services/service-identity */
export function actAs(world: World, member: string, email: string): void {
  const resource = `projects/${world.project}/serviceAccounts/${email}`;
  if (world.accounts.has(email) && !world.knows(email)) throw new Status('INVALID_ARGUMENT', `Service account ${email} does not exist.`);
  if (world.accounts.has(email) && world.policies.allows(member, 'iam.serviceAccounts.actAs', resource)) return;
  throw new Status('PERMISSION_DENIED', `Permission 'iam.serviceaccounts.actAs' denied on service account ${email} (or it may not exist).`);
}

function checkTemplate(world: World, template: Template, id: string): void {
  checkLabels(template.labels, 'template.labels');
  if (template.revision) checkRevisionName(template.revision, id);
  const containers = template.containers ?? [];
  if (containers.length === 0) throw invalid('template.containers', 'must have at least one container.');
  if (containers.length > 1) throw new Status('UNIMPLEMENTED', 'This fake runs one container.');
  const [container] = containers as [Container];
  checkContainer(container);
  checkScaling(template);
  checkQuota(template, checkResources(container, template), world.quota);
  checkConnections(world, template);
  checkVariables(container);
  if (template.timeout) checkTimeout(Number(template.timeout.seconds ?? 0), 'template.timeout');
}

/** Source: https://cloud.google.com/run/docs/configuring/connecting-vpc */
function checkConnections(world: World, { vpcAccess, volumes = [] }: Template): void {
  if (volumes.length > 0) throw new Status('UNIMPLEMENTED', 'This fake mounts no volumes.');
  const { connector, egress } = vpcAccess ?? {};
  if (vpcAccess && !connector) throw invalid('template.vpc_access.connector', 'one and only one of connector and network_interfaces must be set.');
  if (connector && !world.connectors.has(connector)) throw invalid('template.vpc_access.connector', `VPC connector ${connector} does not exist, or Cloud Run does not have permission to use it.`);
  if (egress && !['PRIVATE_RANGES_ONLY', 'ALL_TRAFFIC'].includes(egress)) throw invalid('template.vpc_access.egress', `'${egress}' is not supported.`);
}

/** Starts with the service's name. Source: https://cloud.google.com/run/docs/managing/revisions */
function checkRevisionName(name: string, id: string): void {
  const rule = 'must start with the name of the service and a hyphen, use only lowercase letters, digits and hyphens, not end with a hyphen, and have at most 63 characters';
  if (name.length > 63 || !name.startsWith(`${id}-`) || !/^[a-z][a-z0-9-]*[a-z0-9]$/.test(name)) throw invalid('template.revision', `'${name}' ${rule}.`);
}

function checkContainer(container: Container): void {
  const field = 'template.containers[0]';
  const source = container.sourceCode?.cloudStorageSource;
  if (!container.image) throw invalid(`${field}.image`, 'must be set.');
  if (container.image === 'scratch') {
    if (!source) throw invalid(`${field}.source_code`, "must be set for the image 'scratch'.");
    if (!container.baseImageUri) throw invalid(`${field}.base_image_uri`, "must be set for the image 'scratch'.");
    if (!container.command?.length) throw invalid(`${field}.command`, 'must be set when source code is deployed without a build.');
  }
  if (container.baseImageUri && !versionOf(container.baseImageUri)) throw invalid(`${field}.base_image_uri`, `'${container.baseImageUri}' is not a valid base image.`);
  if (source && !source.bucket) throw invalid(`${field}.source_code.cloud_storage_source.bucket`, 'must be set.');
  if (source && !source.object) throw invalid(`${field}.source_code.cloud_storage_source.object`, 'must be set.');
  if ((container.ports ?? []).length > 1) throw invalid(`${field}.ports`, 'only a single port can be specified.');
  const port = container.ports?.[0]?.containerPort;
  if (port !== undefined && (port < 1 || port > 65_535)) throw invalid(`${field}.ports[0].container_port`, `must be between 1 and 65535; got ${port}.`);
  const probe = container.startupProbe;
  if (probe && (probe.timeoutSeconds ?? 1) > (probe.periodSeconds ?? 10)) throw invalid(`${field}.startup_probe.timeout_seconds`, 'must not be greater than period_seconds.');
}
