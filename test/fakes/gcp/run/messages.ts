/** The messages of google.cloud.run.v2 that this fake reads and writes. Unset fields are absent; enums are names. */

export interface Time {
  seconds: string;
  nanos: number;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueSource?: { secretKeyRef?: { secret?: string; version?: string } };
}

export interface Probe {
  initialDelaySeconds?: number;
  timeoutSeconds?: number;
  periodSeconds?: number;
  failureThreshold?: number;
  httpGet?: { path?: string; port?: number };
  tcpSocket?: { port?: number };
  grpc?: object;
}

export interface Container {
  name?: string;
  image?: string;
  sourceCode?: { cloudStorageSource?: { bucket?: string; object?: string; generation?: string } };
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  resources?: { limits?: Record<string, string>; cpuIdle?: boolean; startupCpuBoost?: boolean };
  ports?: { name?: string; containerPort?: number }[];
  volumeMounts?: { name?: string; mountPath?: string }[];
  workingDir?: string;
  livenessProbe?: Probe;
  startupProbe?: Probe;
  baseImageUri?: string;
}

export interface Volume {
  name?: string;
  secret?: { secret?: string; items?: { path?: string; version?: string }[] };
}

export interface Template {
  revision?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  scaling?: { minInstanceCount?: number; maxInstanceCount?: number };
  vpcAccess?: { connector?: string; egress?: string };
  timeout?: { seconds?: string; nanos?: number };
  serviceAccount?: string;
  containers?: Container[];
  volumes?: Volume[];
  executionEnvironment?: string;
  maxInstanceRequestConcurrency?: number;
  sessionAffinity?: boolean;
}

export interface TrafficTarget {
  type?: string;
  revision?: string;
  percent?: number;
  tag?: string;
}

export interface Condition {
  type: string;
  state: 'CONDITION_PENDING' | 'CONDITION_RECONCILING' | 'CONDITION_FAILED' | 'CONDITION_SUCCEEDED';
  message?: string;
  lastTransitionTime?: Time;
  severity?: string;
  reason?: string;
  revisionReason?: string;
}

/** What a caller may set of a service, and what the service adds. */
export interface Service {
  name: string;
  description?: string;
  uid?: string;
  generation?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  createTime?: Time;
  updateTime?: Time;
  deleteTime?: Time;
  expireTime?: Time;
  creator?: string;
  lastModifier?: string;
  client?: string;
  clientVersion?: string;
  ingress?: string;
  launchStage?: string;
  template?: Template;
  traffic?: TrafficTarget[];
  scaling?: { minInstanceCount?: number; maxInstanceCount?: number; scalingMode?: string };
  invokerIamDisabled?: boolean;
  defaultUriDisabled?: boolean;
  customAudiences?: string[];
  urls?: string[];
  uri?: string;
  observedGeneration?: string;
  terminalCondition?: Condition;
  conditions?: Condition[];
  latestReadyRevision?: string;
  latestCreatedRevision?: string;
  trafficStatuses?: (TrafficTarget & { uri?: string })[];
  buildConfig?: object;
  reconciling?: boolean;
  etag?: string;
}

export interface Revision extends Omit<Template, 'revision'> {
  name: string;
  uid: string;
  generation: string;
  createTime: Time;
  updateTime: Time;
  service: string;
  conditions: Condition[];
  reconciling?: boolean;
  logUri?: string;
  observedGeneration?: string;
  creator?: string;
  etag: string;
}

export function now(): Time {
  const at = Date.now();
  return { seconds: String(Math.floor(at / 1000)), nanos: (at % 1000) * 1_000_000 };
}

/** The last part of a resource's name. */
export function last(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
