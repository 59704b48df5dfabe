/** The settings of Lambda that a release keeps: part of its digest, and of its version's configuration. */
import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { AwsConfig } from '../config.ts';

/** Only what is not Lambda's default, so that a new setting changes the digest of no older release. */
export interface ReleaseSettings {
  architecture: AwsConfig['architecture'];
  /** MB. */
  ephemeralStorage?: number;
  vpc?: NonNullable<AwsConfig['vpc']>;
  kmsKey?: string;
  snapstart?: true;
  tracing?: true;
  /** Variable -> reference; never a value. */
  secrets?: Record<string, string>;
}

export const DEFAULT_STORAGE_MB = 512;
/** Read by templates/python/mlfn_serve/secrets.py. */
export const SECRETS_VARIABLE = 'MLFN_SECRETS';

export function releaseSettings(config: AwsConfig): ReleaseSettings {
  const { architecture, ephemeralStorage, vpc, kmsKey, snapstart, tracing, secrets } = config;
  return {
    architecture,
    ...(ephemeralStorage === DEFAULT_STORAGE_MB ? {} : { ephemeralStorage }),
    // In any order it is the same network.
    ...(vpc === undefined ? {} : { vpc: { subnets: vpc.subnets.toSorted(), securityGroups: vpc.securityGroups.toSorted() } }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
    ...(snapstart ? { snapstart } : {}),
    ...(tracing ? { tracing } : {}),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
  };
}

/** Of a draft or a record: releases of before a setting was there have none of it. */
export function settingsOf({ targetSettings }: { targetSettings: Record<string, unknown> }): ReleaseSettings {
  return targetSettings as unknown as ReleaseSettings;
}

export function secretsVariable({ secrets = {} }: ReleaseSettings): Record<string, string> {
  if (Object.keys(secrets).length === 0) return {};
  return { [SECRETS_VARIABLE]: JSON.stringify(Object.fromEntries(Object.entries(secrets).sort(([a], [b]) => (a < b ? -1 : 1)))) };
}

/** For create and update alike. `before` is what `$LATEST` has: what a call does not name, Lambda leaves as it was. */
export function configurationFor({ vpc, kmsKey, snapstart, tracing }: ReleaseSettings, before?: FunctionConfiguration) {
  const network = vpc === undefined ? undefined : { SubnetIds: vpc.subnets, SecurityGroupIds: vpc.securityGroups };
  const isIn = (before?.VpcConfig?.SubnetIds ?? []).length > 0;
  const SnapStart = { ApplyOn: snapstart ? 'PublishedVersions' : 'None' } as const;
  const TracingConfig = { Mode: tracing ? 'Active' : 'PassThrough' } as const;
  return {
    ...(network === undefined ? (isIn ? { VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } } : {}) : { VpcConfig: network }),
    ...(kmsKey === undefined ? (before?.KMSKeyArn ? { KMSKeyArn: '' } : {}) : { KMSKeyArn: kmsKey }),
    ...(snapstart || isOtherThan(before?.SnapStart?.ApplyOn, 'None') ? { SnapStart } : {}),
    ...(tracing || isOtherThan(before?.TracingConfig?.Mode, 'PassThrough') ? { TracingConfig } : {}),
    // Only a function that was taken over has one: what is served reads no file system but /tmp.
    ...((before?.FileSystemConfigs ?? []).length > 0 ? { FileSystemConfigs: [] } : {}),
  };
}

function isOtherThan(found: string | undefined, usual: string): boolean {
  return found !== undefined && found !== usual;
}
