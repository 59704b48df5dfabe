/** What Cloud Functions refuses at once. Sources: google/cloud/functions/v2/functions.proto and the pages named below. */
import { bytesOf, checkLabels, checkTimeout, cpusOf } from '../run/limits.ts';
import { actAs } from '../run/validate.ts';
import { versionOf } from '../runner/runtimes.ts';
import { invalid, Status } from '../status.ts';
import type { World } from '../world.ts';
import type { Fn } from './messages.ts';

/** Source: https://cloud.google.com/functions/docs/deploy */
export function checkFunctionId(id: string | undefined): asserts id is string {
  if (!id || !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(id)) {
    throw invalid('function_id', `must contain only lower case Latin letters, numbers and a hyphen (-), start with a letter, not end with a hyphen, and be at most 63 characters long; got '${id ?? ''}'.`);
  }
}

/** vCPUs that go with an amount of memory when none are named. Source: https://cloud.google.com/functions/docs/configuring/memory */
export function cpusFor(bytes: number): string {
  const table: [mebibytes: number, cpu: string][] = [[128, '0.083'], [256, '0.1666'], [512, '0.3333'], [1024, '0.5833'], [2048, '1'], [4096, '2'], [8192, '2'], [16_384, '4'], [32_768, '8']];
  const fitting = table.find(([mebibytes]) => bytes <= mebibytes * 2 ** 20);
  if (!fitting) throw invalid('service_config.available_memory', 'memory must be at most 32Gi.');
  return fitting[1];
}

export function checkFunction(world: World, member: string, fn: Fn): void {
  checkLabels(fn.labels, 'labels');
  if (fn.environment === 'GEN_1') throw invalid('environment', 'this fake has the second generation only.');
  checkBuild(world, fn);
  checkServiceConfig(world, fn);
  const runtime = fn.serviceConfig?.serviceAccountEmail || world.defaultAccount;
  actAs(world, member, runtime);
  const builder = fn.buildConfig?.serviceAccount;
  if (builder) checkBuilder(world, member, builder);
}

function checkBuild(world: World, { buildConfig = {} }: Fn): void {
  const { runtime, entryPoint, source } = buildConfig;
  if (!runtime) throw invalid('build_config.runtime', 'must be set.');
  if (!versionOf(runtime) || runtime.includes('/')) throw invalid('build_config.runtime', `Runtime ${runtime} is unsupported on GCF Gen2. Please use a supported runtime instead.`);
  if (entryPoint !== undefined && !/^[A-Za-z_][\w.]*$/.test(entryPoint)) throw invalid('build_config.entry_point', `'${entryPoint}' is not the name of a function.`);
  const storage = source?.storageSource;
  if (!storage) throw invalid('build_config.source', 'must be set.');
  if (!storage.bucket) throw invalid('build_config.source.storage_source.bucket', 'must be set.');
  if (!storage.object) throw invalid('build_config.source.storage_source.object', 'must be set.');
  for (const key of Object.keys(buildConfig.environmentVariables ?? {})) checkName(key, 'build_config.environment_variables');
  const builder = buildConfig.serviceAccount;
  if (builder && !new RegExp(`^projects/[^/]+/serviceAccounts/[^/]+@`).test(builder)) throw invalid('build_config.service_account', `must be projects/{projectId}/serviceAccounts/{serviceAccountEmail}; got '${builder}'.`);
  const repository = buildConfig.dockerRepository;
  if (repository && !world.repositories.has(repository)) throw new Status('NOT_FOUND', `Repository ${repository} does not exist.`);
}

const BUILDER = [
  ['logging.logEntries.create', 'roles/logging.logWriter'],
  ['artifactregistry.repositories.uploadArtifacts', 'roles/artifactregistry.writer'],
] as const;

/** Source: https://cloud.google.com/functions/docs/securing/build-custom-sa. It reads the source in the build. */
function checkBuilder(world: World, member: string, builder: string): void {
  const email = builder.slice(builder.lastIndexOf('/') + 1);
  actAs(world, member, email);
  const project = `projects/${world.project}`;
  const account = `serviceAccount:${email}`;
  for (const [permission, role] of BUILDER) {
    if (!world.policies.allows(account, permission, project)) throw new Status('PERMISSION_DENIED', `Could not build the function due to missing permissions: the build service account ${email} needs ${permission}. Grant it ${role}.`);
  }
}

function checkServiceConfig(world: World, { serviceConfig = {} }: Fn): void {
  const field = 'service_config';
  const { availableMemory = '256M', availableCpu, timeoutSeconds = 60, maxInstanceRequestConcurrency = 1, minInstanceCount = 0, maxInstanceCount = 0 } = serviceConfig;
  checkTimeout(timeoutSeconds, `${field}.timeout_seconds`);
  if (serviceConfig.secretVolumes?.length) throw new Status('UNIMPLEMENTED', 'This fake mounts no volumes.');
  const bytes = bytesOf(availableMemory, `${field}.available_memory`);
  const cpus = cpusOf(availableCpu ?? cpusFor(bytes), `${field}.available_cpu`);
  if (cpus < 1 && maxInstanceRequestConcurrency > 1) {
    throw invalid(`${field}.max_instance_request_concurrency`, `Could not create Cloud Run service. spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. Total cpu < 1 is not supported with concurrency > 1 (got ${maxInstanceRequestConcurrency}).`);
  }
  if (maxInstanceRequestConcurrency < 0 || maxInstanceRequestConcurrency > 1000) throw invalid(`${field}.max_instance_request_concurrency`, `must be between 1 and 1000; got ${maxInstanceRequestConcurrency}.`);
  if (minInstanceCount < 0 || maxInstanceCount < 0) throw invalid(field, 'instance counts must not be negative.');
  if (maxInstanceCount > 0 && minInstanceCount > maxInstanceCount) throw invalid(`${field}.min_instance_count`, `${minInstanceCount} must not be greater than max_instance_count ${maxInstanceCount}.`);
  if (maxInstanceCount * cpus > world.quota.cpus) {
    const fits = Math.floor(world.quota.cpus / cpus);
    throw invalid(`${field}.max_instance_count`, `Could not create Cloud Run service. spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. For the specified value, maxScale may not exceed ${fits}.\nConsider running your workload in a region with greater capacity, decreasing your requested cpu-per-instance, or requesting an increase in quota for this region if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas.`);
  }
  const connector = serviceConfig.vpcConnector;
  if (connector && !world.connectors.has(connector)) throw invalid(`${field}.vpc_connector`, `VPC connector ${connector} does not exist, or Cloud Functions does not have permission to use it.`);
  for (const key of Object.keys(serviceConfig.environmentVariables ?? {})) checkName(key, `${field}.environment_variables`);
}

/** Source: https://cloud.google.com/functions/docs/configuring/env-var */
function checkName(key: string, field: string): void {
  const reserved = /^(X_GOOGLE_.*|K_SERVICE|K_REVISION|K_CONFIGURATION|PORT|FUNCTION_TARGET|FUNCTION_SIGNATURE_TYPE)$/;
  if (key === '' || key.includes('=') || reserved.test(key)) throw invalid(field, `environment variable name ${key || "''"} is reserved by the system or not valid: it cannot be set by users.`);
}
