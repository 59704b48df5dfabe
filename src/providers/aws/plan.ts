/** What to do, from what is wanted and what is there. Pure: no I/O, no clock. */
import type { Live } from '../../live.ts';
import type { ReleaseDraft, Step, Stored, Want } from '../provider.ts';
import { arranged, releaseSteps, switchSteps } from '../steps.ts';
import type { AwsConfig } from './config.ts';
import { storageFor } from './ephemeral.ts';
import { endpointSteps } from './endpoint/endpoint-plan.ts';
import { checkTimeout } from './endpoint/http-api-state.ts';
import { repositoryName, scheduleName, twinName } from './names.ts';
import { partsOf } from './stored.ts';
import { checkSettings } from './settings/check.ts';
import { handsOn, twinStep } from './twin/twin-plan.ts';
import { stepsAfter, stepsBefore, warmSteps } from './settings/function-plan.ts';
import { grantsOf, grantsText } from './settings/grants.ts';
import { ADOPTED_TAG, TWIN_TAG, WARM_TAG } from './settings/marks.ts';
import type { Ground } from './survey.ts';

export function plan(want: Want, live: Live | null, config: AwsConfig, ground: Ground): Step[] {
  if (want.kind === 'live') return switchSteps(want.number, live);
  if (want.kind === 'absent') return live === null ? [] : [removal(live, ground)];
  if (want.kind === 'warm') return live === null ? [] : warmSteps(live.name, config, ground.function);
  // Both refuse before anything is made: a model that no /tmp holds, settings that exclude each other.
  checkSettings(want.draft, config, storageFor(want.draft));
  checkTimeout(config, want.draft.settings.timeout);
  const isTwin = handsOn(want, live, ground.function);
  const steps = releaseSteps(want, live, missingParts(want.draft, ground));
  const publishes = steps.some((step) => step.kind === 'publish');
  const before = [
    ...stepsBefore(want, config, ground.function),
    ...footing(config, ground, [want.draft, ...(live?.releases ?? [])], publishes),
    ...(isTwin && publishes ? twinStep(want.draft, ground.function) : []),
  ];
  const after = [
    ...endpointSteps(live?.name ?? want.draft.function, config, ground.doors),
    ...stepsAfter(want, live, config, ground.function, steps),
  ];
  return arranged(live, { before, steps, after });
}

/** What releases stand on, in the order in which it is made; also mended when somebody took it away from a live one. */
function footing(config: AwsConfig, { bucket, role, logGroup, repository, function: state }: Ground, releases: ReleaseDraft[], publishes: boolean): Step[] {
  const steps: Step[] = [];
  if (!bucket.exists || bucket.drift.length > 0) {
    steps.push(ensure('bucket', bucket.name, bucket.exists, bucket.exists ? bucket.drift.join(', ') : 'private, encrypted, TLS only'));
  }
  if (role !== null) {
    const grants = grantsOf(role.place, releases[0]?.function ?? '', { releases, front: state === null ? null : state.image ? 'image' : 'zip' }).map((each) => JSON.stringify(each));
    // What it may beyond that, candidates of other deploys may need.
    const granted = publishes ? grants.join() === role.more.join() : grants.every((each) => role.more.includes(each));
    const right = role.right && granted;
    if (!right) steps.push(ensure('role', role.name, role.exists, `writes its own log, reads its own models${grantsText(releases)}`));
  }
  if (!logGroup.exists || logGroup.retention !== config.logRetention) {
    steps.push(ensure('log group', logGroup.name, logGroup.exists, `kept for ${config.logRetention} days`));
  }
  if (repository !== null && (!repository.exists || repository.drift.length > 0)) {
    steps.push(ensure('repository', repository.name, repository.exists, repository.exists ? repository.drift.join(', ') : 'immutable tags, scanned on push'));
  }
  return steps;
}

function missingParts(draft: ReleaseDraft, { stored }: Ground): Stored[] {
  return partsOf(draft).flatMap(({ part, digest }) => (stored.includes(digest) ? [] : [part]));
}

function removal(live: Live, { role, logGroup, doors, function: state }: Ground): Step {
  const twin = state?.tags[TWIN_TAG];
  const also = [
    ...(state?.tags[ADOPTED_TAG] === undefined ? [] : ['its versions and aliases from before mlfn took it over']),
    ...(state?.tags[WARM_TAG] === undefined ? [] : [`the schedule ${scheduleName(live.name)}`]),
    ...(doors.url === null ? [] : [`the endpoint ${doors.url.url}`]),
    ...(doors.api === null ? [] : [`the HTTP API ${doors.api.name} ${doors.api.url}`]),
    ...(role?.exists === true ? [`the role ${role.name}`] : []),
    ...(logGroup.exists ? [`the log group ${logGroup.name} with its lines`] : []),
    ...(twin === undefined ? [] : [`the function ${twin}, which ran releases of another form`]),
    ...(state?.image === true || twin === twinName(live.name, 'image') ? [`the repository ${repositoryName(live.name)} with its images`] : []),
    'its objects, and layers that no other function uses',
  ];
  return { kind: 'remove', name: live.name, releases: live.releases.map(({ number }) => number), also };
}

function ensure(resource: string, name: string, exists: boolean, detail: string): Step {
  return { kind: 'ensure', resource, name, change: exists ? 'update' : 'create', detail };
}
