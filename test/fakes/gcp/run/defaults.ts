/** What Cloud Run fills in. Source: google/cloud/run/v2/*.proto and https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services */
import type { World } from '../world.ts';
import { bytesOf, cpusOf } from './limits.ts';
import type { Container, Service, Template } from './messages.ts';

export function withDefaults(world: World, template: Template): Template {
  const container = template.containers?.[0] as Container;
  const limits = { cpu: '1000m', memory: '512Mi', ...container.resources?.limits };
  const port = container.ports?.[0]?.containerPort ?? 8080;
  const filled: Container = {
    ...container,
    resources: { limits, cpuIdle: container.resources ? (container.resources.cpuIdle ?? false) : true, ...(container.resources?.startupCpuBoost && { startupCpuBoost: true }) },
    ports: [{ name: container.ports?.[0]?.name ?? 'http1', containerPort: port }],
    startupProbe: container.startupProbe ?? { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: { port } },
  };
  const concurrency = template.maxInstanceRequestConcurrency || (cpusOf(limits.cpu, 'cpu') < 1 ? 1 : 80);
  return {
    ...template,
    containers: [filled],
    scaling: { ...template.scaling, maxInstanceCount: template.scaling?.maxInstanceCount || mostInstances(world, limits) },
    timeout: { seconds: String(template.timeout?.seconds ?? 300) },
    serviceAccount: template.serviceAccount || world.defaultAccount,
    maxInstanceRequestConcurrency: concurrency,
  };
}

/** 100, or what the quota has room for. */
function mostInstances({ quota }: World, { cpu, memory }: { cpu: string; memory: string }): number {
  return Math.floor(Math.min(100, quota.cpus / cpusOf(cpu, 'cpu'), quota.memory / bytesOf(memory, 'memory')));
}

/** What a caller may set of a service, by the names that an update mask uses. */
export const SETTABLE = {
  description: 'description',
  labels: 'labels',
  annotations: 'annotations',
  client: 'client',
  client_version: 'clientVersion',
  ingress: 'ingress',
  launch_stage: 'launchStage',
  binary_authorization: 'binaryAuthorization',
  template: 'template',
  traffic: 'traffic',
  scaling: 'scaling',
  invoker_iam_disabled: 'invokerIamDisabled',
  default_uri_disabled: 'defaultUriDisabled',
  iap_enabled: 'iapEnabled',
  custom_audiences: 'customAudiences',
  build_config: 'buildConfig',
} as const satisfies Record<string, keyof Service | 'binaryAuthorization' | 'iapEnabled'>;
