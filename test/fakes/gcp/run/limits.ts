/** What Cloud Run refuses in a service. Sources: the docs' pages named at each rule. */
import { invalid } from '../status.ts';
import type { Container, Template } from './messages.ts';

const LABEL = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** https://cloud.google.com/run/docs/configuring/services/labels */
export function checkLabels(labels: Record<string, string> | undefined, field: string): void {
  const entries = Object.entries(labels ?? {});
  if (entries.length > 64) throw invalid(field, 'a resource has at most 64 labels.');
  for (const [key, value] of entries) {
    if (!/^\p{Ll}/u.test(key) || !LABEL.test(key)) throw invalid(`${field}[${key}]`, 'Label keys must start with a lowercase letter and can only contain lowercase letters, numeric characters, underscores and dashes, at most 63 characters.');
    if (!LABEL.test(value)) throw invalid(`${field}[${key}]`, `Label value '${value}' can only contain lowercase letters, numeric characters, underscores and dashes, at most 63 characters.`);
    if (/^(run\.googleapis\.com|cloud\.googleapis\.com|serving\.knative\.dev|autoscaling\.knative\.dev)/.test(key)) throw invalid(field, `Label ${key} is not supported.`);
  }
}

/** Bytes of `512Mi`, `2G`, `134217728`. Source: https://cloud.google.com/run/docs/configuring/services/memory-limits */
export function bytesOf(quantity: string, field: string): number {
  const units: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  const factor = units[unit];
  if (number === undefined || factor === undefined) throw invalid(field, `Invalid value specified for container memory: '${quantity}'.`);
  return Number(number) * factor;
}

/** vCPUs of `1`, `0.5`, `500m`. */
export function cpusOf(quantity: string, field: string): number {
  const cpus = /^\d+m$/.test(quantity) ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
  if (!Number.isFinite(cpus)) throw invalid(field, `Invalid value specified for cpu: '${quantity}'.`);
  return cpus;
}

const GIB = 2 ** 30;
/** Memory for each number of vCPUs, in GiB. https://cloud.google.com/run/docs/configuring/services/cpu#cpu-memory */
const MEMORY: [cpus: number, least: number, most: number][] = [
  [1, 0.125, 4],
  [2, 0.125, 8],
  [4, 2, 16],
  [6, 4, 24],
  [8, 4, 32],
];

/** https://cloud.google.com/run/docs/configuring/services/cpu and .../memory-limits */
export function checkResources(container: Container, template: Template): { cpus: number; memory: number } {
  const field = 'template.containers[0].resources.limits';
  const { cpu = '1000m', memory = '512Mi', ...others } = container.resources?.limits ?? {};
  for (const key of Object.keys(others)) if (key !== 'nvidia.com/gpu') throw invalid(field, `Unsupported resource '${key}'.`);
  const cpus = cpusOf(cpu, `${field}.cpu`);
  const bytes = bytesOf(memory, `${field}.memory`);
  if (cpus < 0.08 || cpus > 8 || (cpus > 1 && !MEMORY.some(([count]) => count === cpus))) {
    throw invalid(`${field}.cpu`, `Invalid value specified for cpu. Maximum is 8, and above 1 the value must be 2, 4, 6 or 8; got ${cpu}.`);
  }
  const generation2 = template.executionEnvironment === 'EXECUTION_ENVIRONMENT_GEN2';
  if (bytes < (generation2 ? 512 : 128) * 2 ** 20) throw invalid(`${field}.memory`, `Invalid value specified for container memory. Minimum for this execution environment is ${generation2 ? 512 : 128}Mi; got ${memory}.`);
  checkFraction(cpus, bytes, container, template);
  const [, least, most] = MEMORY.find(([count]) => count >= cpus) as [number, number, number];
  if (bytes > most * GIB) throw invalid(`${field}.memory`, `Invalid value specified for container memory. For ${cpus} CPU, memory must be between ${least * 1024}Mi and ${most}Gi inclusive.`);
  if (bytes < least * GIB) throw invalid(`${field}.memory`, `Invalid value specified for cpu. ${cpus} CPU needs at least ${least}Gi of memory.`);
  return { cpus, memory: bytes };
}

/** Below one vCPU: https://cloud.google.com/run/docs/configuring/services/cpu#cpu-memory */
function checkFraction(cpus: number, bytes: number, container: Container, template: Template): void {
  if (cpus >= 1) return;
  const field = 'template.containers[0].resources';
  const concurrency = template.maxInstanceRequestConcurrency ?? 1;
  if (concurrency > 1) throw invalid('template.max_instance_request_concurrency', `Total cpu < 1 is not supported with concurrency > 1 (got ${concurrency}).`);
  if (container.resources?.limits && !container.resources.cpuIdle) throw invalid(`${field}.cpu_idle`, 'Total cpu < 1 is not supported with cpu always allocated: set cpu_idle.');
  if (template.executionEnvironment === 'EXECUTION_ENVIRONMENT_GEN2') throw invalid('template.execution_environment', 'Total cpu < 1 is not supported with the second generation execution environment.');
  if (cpus < 0.5 && bytes > 512 * 2 ** 20) throw invalid(`${field}.limits.memory`, 'Total memory > 512Mi is not supported with cpu < 0.5.');
  if (bytes > GIB) throw invalid(`${field}.limits.memory`, 'Total memory > 1Gi is not supported with cpu < 1.');
}

/** Seconds. https://cloud.google.com/run/docs/configuring/request-timeout */
export function checkTimeout(seconds: number, field: string): void {
  if (seconds < 1 || seconds > 3600) throw invalid(field, `must be between 1 and 3600 seconds; got ${seconds}.`);
}

/** https://cloud.google.com/run/docs/about-concurrency and .../configuring/max-instances */
export function checkScaling(template: Template): void {
  const { maxInstanceRequestConcurrency: concurrency = 0, scaling: { minInstanceCount: min = 0, maxInstanceCount: max = 0 } = {} } = template;
  if (concurrency < 0 || concurrency > 1000) throw invalid('template.max_instance_request_concurrency', `must be between 0 and 1000; got ${concurrency}.`);
  if (min < 0) throw invalid('template.scaling.min_instance_count', `must not be negative; got ${min}.`);
  if (max < 0) throw invalid('template.scaling.max_instance_count', `must not be negative; got ${max}.`);
  if (max > 0 && min > max) throw invalid('template.scaling', `min_instance_count ${min} must not be greater than max_instance_count ${max}.`);
  if (min > 1000 || max > 1000) throw invalid('template.scaling', 'Quota exceeded: at most 1000 instances.');
}

/**
 * Most instances must fit into what the project may have in the region. https://cloud.google.com/run/quotas#cloud_run_limits; the
 * text: github.com/googlecodelabs/feedback/issues/1856
 */
export function checkQuota(template: Template, { cpus, memory }: { cpus: number; memory: number }, quota: { cpus: number; memory: number }): void {
  const most = template.scaling?.maxInstanceCount ?? 0;
  const fits = Math.floor(Math.min(quota.cpus / cpus, quota.memory / memory));
  if (most <= fits) return;
  throw invalid(
    'template.scaling.max_instance_count',
    `Max instances must be set to ${fits} or fewer to set the requested total CPU.\nConsider running your workload in a region with greater capacity, or requesting an increase in quota for this region if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas.\n\nQuota violated:\nCpuAllocPerProjectRegion requested: ${most * cpus * 1000} allowed: ${quota.cpus * 1000}\nMemAllocPerProjectRegion requested: ${most * memory} allowed: ${quota.memory}`,
  );
}

/** https://cloud.google.com/run/docs/configuring/services/environment-variables and docs/container-contract#env-vars */
export function checkVariables(container: Container): void {
  const reserved = new Set(['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION']);
  const seen = new Set<string>();
  for (const { name, value = '' } of container.env ?? []) {
    const field = 'template.containers[0].env';
    if (!name) throw invalid(field, 'should have a name.');
    if (reserved.has(name)) throw invalid(field, `The following reserved env names were provided: ${name}. These values are automatically set by the system.`);
    if (seen.has(name)) throw invalid(field, `Duplicate environment variable ${name}.`);
    if (name.startsWith('X_GOOGLE_')) throw invalid(field, `Environment variables must not start with X_GOOGLE_: ${name}.`);
    if (!/^[^=\0]+$/.test(name) || name.length > 32_768) throw invalid(field, `Invalid name of an environment variable: ${name}.`);
    if (Buffer.byteLength(value) > 32_768) throw invalid(field, `The value of ${name} is longer than 32768 bytes.`);
    seen.add(name);
  }
}
