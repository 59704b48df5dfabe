/** What to do, from what is wanted and what is there. Pure: no I/O, no clock. */
import { MlfnError } from '../../errors.ts';
import type { Live } from '../../live.ts';
import { arranged, releaseSteps, switchSteps } from '../steps.ts';
import type { ReleaseDraft, Step, Want } from '../provider.ts';
import { accessStep } from './access/members.ts';
import { accountStep } from './access/service-accounts.ts';
import type { GcpConfig } from './config.ts';
import { storedParts } from './parts.ts';
import { checkDraft, settingsOf } from './settings.ts';
import type { Ground } from './survey.ts';

export function plan(want: Want, live: Live | null, config: GcpConfig, ground: Ground): Step[] {
  if (want.kind === 'live') return switchSteps(want.number, live);
  if (want.kind === 'absent') return live === null ? [] : [removal(live, ground)];
  if (want.kind === 'warm') return [];
  checkDraft(want.draft);
  checkMode(want.draft, ground);
  checkRuntime(want.draft, ground, config);
  const steps = releaseSteps(want, live, storedParts(want.draft).filter((part) => !ground.stored.includes(part)));
  const publishes = steps.some(({ kind }) => kind === 'publish');
  // Who may call comes last: the first revision of a service has all the traffic before it was checked.
  const after = [accessStep(want.draft.function, config, ground.access), publishes ? imagesStep(ground) : null];
  return arranged(live, { before: footing(ground, publishes), steps, after: after.filter((step) => step !== null) });
}

/** What releases stand on, in the order in which it is made; also mended when somebody took it away from a live one. */
function footing({ bucket, account, build, repository }: Ground, publishes: boolean): Step[] {
  const bucketStep: Step = {
    kind: 'ensure',
    resource: 'bucket',
    name: bucket.name,
    change: bucket.exists ? 'update' : 'create',
    detail: bucket.exists ? bucket.drift.join(', ') : 'private, uniform access',
  };
  const steps = [
    bucket.exists && bucket.drift.length === 0 ? null : bucketStep,
    accountStep('service account', account),
    publishes && build !== null ? accountStep('build service account', build) : null,
    repository === null ? null : repositoryStep(repository),
  ];
  return steps.filter((step) => step !== null);
}

function repositoryStep({ name, exists, drift }: NonNullable<Ground['repository']>): Step | null {
  if (exists && drift.length === 0) return null;
  const detail = exists ? drift.join(', ') : 'images; what loses its tag is cleaned up';
  return { kind: 'ensure', resource: 'repository', name, change: exists ? 'update' : 'create', detail };
}

/** What the first build makes, the next one finds without a policy. */
function imagesStep({ images }: Ground): Step | null {
  if (images === null || images.cleaned) return null;
  return { kind: 'ensure', resource: 'images', name: images.repository, change: 'update', detail: 'old images are cleaned up' };
}

function checkMode({ function: name, targetSettings }: ReleaseDraft, { kind }: Ground): void {
  const { mode: wanted } = settingsOf({ targetSettings });
  if (kind === null || (kind === 'function') === (wanted === 'function')) return;
  const [there, asked] = kind === 'function' ? ['a Cloud Function', 'a Cloud Run service'] : ['a Cloud Run service', 'a Cloud Function'];
  const how = kind === 'function' ? '--mode function --package zip' : '--mode run or --mode image';
  throw new MlfnError('GCP_MODE', `${name} is ${there}, and cannot become ${asked}.`, {
    hint: `Deploy it with ${how}, choose another --name, or delete it first: mlfn delete ${name} --target gcp.`,
    details: { kind, wanted },
  });
}

/** Before anything is made: a build would take minutes to say so. */
function checkRuntime({ lock }: ReleaseDraft, { runtimes }: Ground, { region }: GcpConfig): void {
  const wanted = `python${lock.python.replace('.', '')}`;
  if (runtimes === null || runtimes.includes(wanted)) return;
  const pythons = runtimes.filter((each) => each.startsWith('python3')).map((each) => `3.${each.slice('python3'.length)}`);
  throw new MlfnError('GCP_SETTING', `Cloud Functions has no Python ${lock.python}${region === undefined ? '' : ` in ${region}`}.`, {
    hint: `Choose one with --python: ${pythons.join(', ')}.`,
    details: { runtimes },
  });
}

function removal(live: Live, { account, kind, adopted, images, imaged }: Ground): Step {
  const also = [
    ...(kind === null ? [] : [kind === 'function' ? `the Cloud Function ${live.name} and its service` : `the Cloud Run service ${live.name}`]),
    ...(adopted ? ['its revisions from before mlfn took it over'] : []),
    ...(live.url === '' ? [] : [`the endpoint ${live.url}`]),
    ...(!account.own && account.exists ? [`the service account ${account.email}`] : []),
    ...(images === null && !imaged ? [] : ['its images']),
    'its objects, and archives that no other function uses',
  ];
  return { kind: 'remove', name: live.name, releases: live.releases.map(({ number }) => number), also };
}
