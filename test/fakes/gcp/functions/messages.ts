/** The messages of google.cloud.functions.v2 that this fake reads and writes. Unset fields are absent; enums are names. */
import type { Time } from '../run/messages.ts';

export interface BuildConfig {
  build?: string;
  runtime?: string;
  entryPoint?: string;
  source?: { storageSource?: { bucket?: string; object?: string; generation?: string }; repoSource?: object };
  sourceProvenance?: object;
  environmentVariables?: Record<string, string>;
  dockerRegistry?: string;
  dockerRepository?: string;
  serviceAccount?: string;
  automaticUpdatePolicy?: object;
  onDeployUpdatePolicy?: object;
}

export interface ServiceConfig {
  service?: string;
  timeoutSeconds?: number;
  availableMemory?: string;
  availableCpu?: string;
  environmentVariables?: Record<string, string>;
  maxInstanceCount?: number;
  minInstanceCount?: number;
  vpcConnector?: string;
  vpcConnectorEgressSettings?: string;
  ingressSettings?: string;
  uri?: string;
  serviceAccountEmail?: string;
  allTrafficOnLatestRevision?: boolean;
  secretEnvironmentVariables?: { key?: string; projectId?: string; secret?: string; version?: string }[];
  secretVolumes?: object[];
  revision?: string;
  maxInstanceRequestConcurrency?: number;
}

export interface Fn {
  name: string;
  description?: string;
  buildConfig?: BuildConfig;
  serviceConfig?: ServiceConfig;
  eventTrigger?: object;
  state?: 'ACTIVE' | 'FAILED' | 'DEPLOYING' | 'DELETING' | 'UNKNOWN';
  updateTime?: Time;
  labels?: Record<string, string>;
  stateMessages?: { severity: string; type: string; message: string }[];
  environment?: string;
  url?: string;
  createTime?: Time;
}
