/** The function itself, in mode `function`: what is asked of the Cloud Functions API. Its Cloud Run service has its name. */
import type { protos } from '@google-cloud/functions';
import { patiently } from '../../patience.ts';
import { call, CALL, ended, orNull, Patience } from '../call.ts';
import { explainGcp, gcpCode } from '../errors.ts';
import { labelsFor } from '../labels.ts';
import { functionPath, LABEL } from '../names.ts';
import type { Source, Wanted } from '../candidate.ts';
import { connectorPath } from '../run/template.ts';
import { ENTRY_POINT, variablesFor } from '../serving.ts';
import type { Session } from '../session.ts';
import { secretOf, settingsOf } from '../settings.ts';

export type CloudFunction = protos.google.cloud.functions.v2.IFunction;

const EGRESS = { 'private-ranges-only': 'PRIVATE_RANGES_ONLY', 'all-traffic': 'ALL_TRAFFIC' } as const;
/** Milliseconds. The service and its images go with it. */
const REMOVAL_MS = 600_000;

/** Null when there is none. */
export async function getFunction(session: Session, name: string): Promise<CloudFunction | null> {
  const path = functionPath(session.project, session.region, name);
  const client = await session.functions();
  return orNull(session, { permission: 'cloudfunctions.functions.get', resource: path }, async () => (await client.getFunction({ name: path }, CALL))[0]);
}

/** Whether an operation is at it, which no other comes beside. */
export function isBusy({ state }: CloudFunction): boolean {
  return state === 'DEPLOYING' || state === 'DELETING';
}

/** The same for create and update. */
export function bodyOf(session: Session, wanted: Wanted, there: CloudFunction | null, source: Source | null): CloudFunction {
  const { draft, runAs, buildAs, name } = wanted;
  const { settings, lock } = draft;
  const { cpu, minInstances, maxInstances, secrets, vpcConnector, vpcEgress } = settingsOf(draft);
  return {
    name: functionPath(session.project, session.region, name),
    description: `${draft.model.file}, served by mlfn`,
    labels: labelsFor(session.config, there === null ? null : (there.labels ?? {})),
    environment: 'GEN_2',
    buildConfig: {
      runtime: `python${lock.python.replace('.', '')}`,
      entryPoint: ENTRY_POINT,
      ...(source === null ? {} : { source: { storageSource: source } }),
      serviceAccount: `projects/${session.project}/serviceAccounts/${buildAs}`,
    },
    serviceConfig: {
      timeoutSeconds: settings.timeout,
      availableMemory: `${settings.memory}Mi`,
      availableCpu: String(cpu),
      environmentVariables: variablesFor(session, wanted),
      secretEnvironmentVariables: Object.entries(secrets).map(([key, reference]) => secretVariable(session, key, reference)),
      minInstanceCount: minInstances,
      ...(maxInstances === undefined ? {} : { maxInstanceCount: maxInstances }),
      maxInstanceRequestConcurrency: settings.concurrency,
      serviceAccountEmail: runAs,
      ingressSettings: 'ALLOW_ALL',
      // The traffic is moved by the one call of traffic.ts, once the release was checked.
      allTrafficOnLatestRevision: false,
      ...(vpcConnector === undefined
        ? {}
        : { vpcConnector: connectorPath(session, vpcConnector), vpcConnectorEgressSettings: EGRESS[vpcEgress ?? 'private-ranges-only'] }),
    },
  };
}

function secretVariable({ project }: Session, key: string, reference: string) {
  const { secret, version } = secretOf(reference);
  const [, owner, name] = /^projects\/([^/]+)\/secrets\/(.+)$/.exec(secret) ?? [null, project, secret];
  return { key, projectId: owner ?? project, secret: name ?? secret, version };
}

/** No other operation comes beside one: also not beside our own, when its answer got lost. */
function isBusyNow(error: unknown): boolean {
  return gcpCode(error) === 'ABORTED';
}

/** Gone, with its service, when this returns. */
export async function deleteFunction(session: Session, name: string): Promise<void> {
  const path = functionPath(session.project, session.region, name);
  const need = { permission: 'cloudfunctions.functions.delete', resource: path };
  const client = await session.functions();
  const patience = new Patience(session, REMOVAL_MS);
  const started = await patiently(patience, `a turn to delete ${name}`, isBusyNow, () => orNull(session, need, () => client.deleteFunction({ name: path }, CALL)));
  if (started === null) return;
  const look = (id: string) => client.checkDeleteFunctionProgress(id);
  const { error } = await ended(patience, session, need, () => `function ${name} to go`, started[0], look);
  if (error !== null && error.code !== 5) throw explainGcp(Object.assign(new Error(error.message), { code: error.code }), need);
}

/** Names of functions that mlfn made, also those whose first build failed: they have no service. */
export async function listFunctions(session: Session): Promise<string[]> {
  const parent = `projects/${session.project}/locations/${session.region}`;
  const client = await session.functions();
  const [found] = await call(session, { permission: 'cloudfunctions.functions.list', resource: parent }, () => client.listFunctions({ parent }, CALL));
  return found.filter(({ labels }) => labels?.[LABEL] !== undefined).map(({ name }) => name?.split('/').at(-1) ?? '');
}
