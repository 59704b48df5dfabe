/** Messages as ProtoJSON: times as text, the rest as the loader has it. Source: https://protobuf.dev/programming-guides/json */
import { Status } from '../status.ts';

interface Time {
  seconds: string;
  nanos: number;
}

export function toJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value !== 'object' || value === null) return value;
  if (isTime(value)) return `${new Date(Number(value.seconds) * 1000).toISOString().slice(0, -5)}.${String(value.nanos).padStart(9, '0')}Z`;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
}

function isTime(value: object): value is Time {
  return Object.keys(value).length === 2 && 'seconds' in value && 'nanos' in value;
}

/** Enums by their numbers, as clients that are made for it send them. */
const ENUMS: Record<string, string[]> = {
  environment: ['ENVIRONMENT_UNSPECIFIED', 'GEN_1', 'GEN_2'],
  ingressSettings: ['INGRESS_SETTINGS_UNSPECIFIED', 'ALLOW_ALL', 'ALLOW_INTERNAL_ONLY', 'ALLOW_INTERNAL_AND_GCLB'],
  vpcConnectorEgressSettings: ['VPC_CONNECTOR_EGRESS_SETTINGS_UNSPECIFIED', 'PRIVATE_RANGES_ONLY', 'ALL_TRAFFIC'],
  dockerRegistry: ['DOCKER_REGISTRY_UNSPECIFIED', 'CONTAINER_REGISTRY', 'ARTIFACT_REGISTRY'],
  state: ['STATE_UNSPECIFIED', 'ACTIVE', 'FAILED', 'DEPLOYING', 'DELETING', 'UNKNOWN'],
};

/** Names that a function may have, deep down; the values of maps are free. */
const FIELDS = new Set(
  `name description buildConfig serviceConfig eventTrigger state updateTime labels stateMessages environment url kmsKeyName satisfiesPzs createTime
  build runtime entryPoint source sourceProvenance workerPool environmentVariables dockerRegistry dockerRepository serviceAccount automaticUpdatePolicy onDeployUpdatePolicy
  storageSource repoSource gitUri bucket object generation sourceUploadUrl resolvedStorageSource resolvedRepoSource runtimeVersion
  service timeoutSeconds availableMemory availableCpu maxInstanceCount minInstanceCount vpcConnector vpcConnectorEgressSettings ingressSettings uri serviceAccountEmail
  allTrafficOnLatestRevision secretEnvironmentVariables secretVolumes revision maxInstanceRequestConcurrency securityLevel binaryAuthorizationPolicy
  key projectId secret version mountPath versions path severity type message`.split(/\s+/),
);
const MAPS = new Set(['labels', 'environmentVariables']);

/** Refuses names that the message does not have, as the real transcoding does; output-only times are dropped. */
export function fromJson(what: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => fromJson(what, one));
  if (typeof value !== 'object' || value === null) return value;
  const message: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!FIELDS.has(key)) throw new Status('INVALID_ARGUMENT', `Invalid JSON payload received. Unknown name "${key}" at '${what}': Cannot find field.`);
    if (key.endsWith('Time') || inner === null) continue;
    const names = ENUMS[key];
    message[key] = MAPS.has(key) ? inner : typeof inner === 'number' && names ? names[inner] : fromJson(`${what}.${key}`, inner);
  }
  return message;
}
