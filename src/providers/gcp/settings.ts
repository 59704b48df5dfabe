/** What of the section is part of a release, and comes back with a rollback: Cloud Run keeps it with the revision. */
import { MlfnError } from '../../errors.ts';
import type { PackageForm } from '../../types.ts';
import type { ReleaseDraft } from '../provider.ts';
import type { GcpConfig } from './config.ts';
import { LONGEST_NAME, NAME } from './names.ts';

const KEPT = ['mode', 'cpu', 'minInstances', 'cpuBoost', 'secrets'] as const;
/** Part of a release only where they are given: a digest does not change with the version of mlfn, and a project's quota may be
 * below any number that we would name. */
const WHERE_GIVEN = ['maxInstances', 'vpcConnector', 'serviceAccount'] as const;

export type ReleaseSettings = Pick<GcpConfig, (typeof KEPT)[number]> & Partial<Pick<GcpConfig, (typeof WHERE_GIVEN)[number] | 'vpcEgress' | 'labels'>>;

/** @param form what the package is: as an image, the mode is that whatever the configuration says */
export function releaseSettings(config: GcpConfig, form: PackageForm): ReleaseSettings {
  const given = WHERE_GIVEN.filter((key) => config[key] !== undefined).map((key) => [key, config[key]]);
  const { labels, vpcConnector, vpcEgress } = config;
  return {
    ...(Object.fromEntries(KEPT.map((key) => [key, config[key]])) as Pick<GcpConfig, (typeof KEPT)[number]>),
    mode: modeFor(config, form),
    ...Object.fromEntries(given),
    ...(vpcConnector === undefined ? {} : { vpcEgress }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

export function modeFor({ mode }: Pick<GcpConfig, 'mode'>, form: PackageForm): GcpConfig['mode'] {
  return form === 'image' ? 'image' : mode;
}

export function settingsOf({ targetSettings }: Pick<ReleaseDraft, 'targetSettings'>): ReleaseSettings {
  return targetSettings as unknown as ReleaseSettings;
}

/**
 * Refused before anything is sent, by the rules of the platform: cloud.google.com/run/docs/configuring/services/cpu and
 * .../memory-limits. @throws GCP_SETTING, GCP_NAME
 */
export function checkDraft(draft: ReleaseDraft): void {
  checkName(draft.function);
  const { memory, concurrency } = draft.settings;
  const { mode, cpu, cpuBoost, minInstances, maxInstances } = settingsOf(draft);
  if (cpu < 1 && concurrency > 1) {
    throw refused(`Below one CPU an instance answers one request at a time, and concurrency is ${concurrency}.`, 'Set --concurrency 1, or --cpu 1 or more.');
  }
  const [least, most] = memoryFor(cpu);
  if (memory < least || memory > most) {
    throw refused(`With ${cpu} CPU memory may be ${least} to ${most} MB, not ${memory}.`, `Set --memory within that${memory > most ? ', or a larger --cpu' : ', or a smaller --cpu'}.`);
  }
  if (maxInstances !== undefined && minInstances > maxInstances) {
    throw refused(`minInstances is ${minInstances}, and maxInstances ${maxInstances}.`, 'Raise --max-instances, or lower --min-instances.');
  }
  if (mode === 'function' && !cpuBoost) {
    throw refused('A function always has more CPU while it starts: cpuBoost cannot be false.', 'Leave it out, or use --mode run.');
  }
}

/** MB. cloud.google.com/run/docs/configuring/services/cpu#cpu-memory; functions are services of the first generation. */
function memoryFor(cpu: number): [least: number, most: number] {
  if (cpu < 0.5) return [128, 512];
  if (cpu < 1) return [128, 1024];
  const table: Record<number, [number, number]> = { 1: [128, 4096], 2: [128, 8192], 4: [2048, 16_384], 6: [4096, 24_576], 8: [4096, 32_768] };
  return table[cpu] ?? [128, 4096];
}

function checkName(name: string): void {
  if (NAME.test(name) && name.length <= LONGEST_NAME) return;
  const why = name.length > LONGEST_NAME ? `has ${name.length} characters` : 'ends with a hyphen';
  throw new MlfnError('GCP_NAME', `Cloud Run does not take the name ${JSON.stringify(name)}: it ${why}.`, {
    hint: `Choose another with --name: lower-case letters, digits and hyphens, at most ${LONGEST_NAME}, not ending with a hyphen.`,
    details: { name },
  });
}

function refused(message: string, hint: string): MlfnError {
  return new MlfnError('GCP_SETTING', message, { hint });
}

/** `db-password:latest` -> the secret and its version. */
export function secretOf(reference: string): { secret: string; version: string } {
  const cut = reference.lastIndexOf(':');
  return { secret: reference.slice(0, cut), version: reference.slice(cut + 1) };
}
