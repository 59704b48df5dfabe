/** What a revision is made of. Mode `run`: Google's own Python image, our archive laid over it, no build. Mode `image`: an image of ours. */
import type { protos } from '@google-cloud/run';
import { randomBytes } from 'node:crypto';
import { RELEASE_LABEL, LABEL, LABEL_VALUE } from '../names.ts';
import type { Source, Wanted } from '../candidate.ts';
import type { Session } from '../session.ts';
import { secretOf, settingsOf } from '../settings.ts';
import { COMMAND, variablesFor } from '../serving.ts';

type Template = protos.google.cloud.run.v2.IRevisionTemplate;

const EGRESS = { 'private-ranges-only': 'PRIVATE_RANGES_ONLY', 'all-traffic': 'ALL_TRAFFIC' } as const;

/** Another than any before: the name of a revision that was deleted is not free again at once. */
export function revisionName(name: string, number: number): string {
  return `${name}-r${number}-${randomBytes(3).toString('hex')}`;
}

export function templateOf(session: Session, wanted: Wanted, source: Source | null): Template {
  const { draft, number, runAs } = wanted;
  const { settings } = draft;
  const { cpu, cpuBoost, minInstances, maxInstances, secrets, vpcConnector, vpcEgress } = settingsOf(draft);
  const values = Object.entries(variablesFor(session, wanted)).map(([name, value]) => ({ name, value }));
  const references = Object.entries(secrets).map(([name, reference]) => {
    const { secret, version } = secretOf(reference);
    return { name, valueSource: { secretKeyRef: { secret, version } } };
  });
  return {
    labels: { ...session.config.labels, [LABEL]: LABEL_VALUE, [RELEASE_LABEL]: String(number) },
    containers: [
      {
        ...servedFrom(wanted, source),
        env: [...values, ...references],
        resources: { limits: { cpu: cpuText(cpu), memory: `${settings.memory}Mi` }, cpuIdle: true, startupCpuBoost: cpuBoost },
      },
    ],
    timeout: { seconds: String(settings.timeout) },
    maxInstanceRequestConcurrency: settings.concurrency,
    serviceAccount: runAs,
    scaling: { minInstanceCount: minInstances, ...(maxInstances === undefined ? {} : { maxInstanceCount: maxInstances }) },
    ...(vpcConnector === undefined
      ? {}
      : { vpcAccess: { connector: connectorPath(session, vpcConnector), egress: EGRESS[vpcEgress ?? 'private-ranges-only'] } }),
  };
}

/**
 * Cloud Run's own startup probe waits for the port, which main.py opens once the model is loaded; one of ours would only look less
 * often: cloud.google.com/run/docs/configuring/healthchecks
 */
function servedFrom({ image, draft: { lock } }: Wanted, source: Source | null): object {
  if (image !== null) return { image };
  // The name of a runtime: cloud.google.com/run/docs/configuring/services/runtime-base-images
  return { image: 'scratch', baseImageUri: `python${lock.python.replace('.', '')}`, sourceCode: { cloudStorageSource: source }, command: [...COMMAND] };
}

/** Thousandths, as Cloud Run writes parts of one. */
function cpuText(cpu: number): string {
  return `${Math.round(cpu * 1000)}m`;
}

export function connectorPath({ project, region }: Pick<Session, 'project' | 'region'>, connector: string): string {
  return connector.includes('/') ? connector : `projects/${project}/locations/${region}/connectors/${connector}`;
}
