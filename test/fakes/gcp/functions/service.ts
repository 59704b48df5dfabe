/** The Run service that stands for a function. Source: https://cloud.google.com/functions/docs/concepts/version-comparison and what gcloud shows of one. */
import { bytesOf } from '../run/limits.ts';
import { last, type Service } from '../run/messages.ts';
import { LATEST } from '../run/traffic.ts';
import type { World } from '../world.ts';
import type { Fn } from './messages.ts';
import { cpusFor } from './validate.ts';

/**
 * Its traffic stays as it is unless the function asks for all of it on the latest revision: a split that was made by hand
 * stays across deploys. Source: functions.proto, ServiceConfig.all_traffic_on_latest_revision
 */
export function serviceOf(world: World, fn: Fn, image: string, before: Service | undefined): Service {
  const { serviceConfig = {}, buildConfig = {} } = fn;
  const id = last(fn.name);
  const memory = serviceConfig.availableMemory ?? '256M';
  const cpu = serviceConfig.availableCpu ?? cpusFor(bytesOf(memory, 'service_config.available_memory'));
  const env = Object.entries({ ...serviceConfig.environmentVariables, LOG_EXECUTION_ID: 'true' }).map(([name, value]) => ({ name, value }));
  const secrets = (serviceConfig.secretEnvironmentVariables ?? []).map(({ key, projectId, secret, version }) => ({
    name: key as string,
    valueSource: { secretKeyRef: { secret: projectId ? `projects/${projectId}/secrets/${secret}` : (secret as string), ...(version && { version }) } },
  }));
  const labels = { ...fn.labels, 'goog-managed-by': 'cloudfunctions', 'goog-cloudfunctions-runtime': buildConfig.runtime as string, 'goog-drz-cloudfunctions-id': id, 'goog-drz-cloudfunctions-location': fn.name.split('/')[3] as string };
  const all = before === undefined || serviceConfig.allTrafficOnLatestRevision === true;
  const { minInstanceCount, maxInstanceCount } = serviceConfig;
  return {
    name: fn.name.replace('/functions/', '/services/'),
    labels,
    ...(before?.annotations && { annotations: before.annotations }),
    ingress: INGRESS[serviceConfig.ingressSettings ?? 'ALLOW_ALL'] as string,
    template: {
      labels,
      containers: [{ name: 'worker', image, env: [...env, ...secrets], resources: { limits: { memory, cpu }, cpuIdle: true, startupCpuBoost: true }, baseImageUri: `europe-west1-docker.pkg.dev/serverless-runtimes/google-22-full/runtimes/${buildConfig.runtime}` }],
      timeout: { seconds: String(serviceConfig.timeoutSeconds ?? 60) },
      serviceAccount: serviceConfig.serviceAccountEmail || world.defaultAccount,
      maxInstanceRequestConcurrency: serviceConfig.maxInstanceRequestConcurrency ?? 1,
      scaling: { ...(minInstanceCount && { minInstanceCount }), ...(maxInstanceCount && { maxInstanceCount }) },
      ...(serviceConfig.vpcConnector && { vpcAccess: { connector: serviceConfig.vpcConnector, egress: serviceConfig.vpcConnectorEgressSettings ?? 'PRIVATE_RANGES_ONLY' } }),
    },
    traffic: all ? [{ type: LATEST, percent: 100 }] : (before.traffic ?? []),
  };
}

const INGRESS: Record<string, string> = {
  ALLOW_ALL: 'INGRESS_TRAFFIC_ALL',
  ALLOW_INTERNAL_ONLY: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
  ALLOW_INTERNAL_AND_GCLB: 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
};
