/** The steps for what holds for a function as a whole. Pure. */
import { MlfnError } from '../../../errors.ts';
import type { Live } from '../../../live.ts';
import type { Step, Want } from '../../provider.ts';
import type { AwsConfig } from '../config.ts';
import { scheduleName } from '../names.ts';
import { minutesOf } from './fields.ts';
import type { Foreign, FunctionState } from './function.ts';
import { settingsOf } from './release.ts';
import { tagChange, tagText } from './tag-plan.ts';

type Asked = Extract<Want, { kind: 'release' }>;

/**
 * Before a release is published: a function of somebody else is taken over, and workers that would be kept ready end where
 * they exclude what is to come. @throws AWS_SETTING, AWS_NOT_OURS
 */
export function stepsBefore({ draft }: Asked, config: AwsConfig, state: FunctionState | null): Step[] {
  const name = draft.function;
  if (settingsOf(draft).snapstart && state?.provisioned && config.provisionedConcurrency === undefined) {
    throw new MlfnError('AWS_SETTING', `${name} keeps ${state.provisioned.wanted} workers ready, which SnapStart excludes.`, {
      hint: 'End that with --provisioned-concurrency 0, or leave --snapstart out.',
    });
  }
  const ends = config.provisionedConcurrency === 0 && state?.provisioned;
  return [
    ...(state?.foreign ? [takeOver(name, state.foreign)] : []),
    ...(ends ? [step('provisioned concurrency', name, 'remove', `no more ${state.provisioned?.wanted} ready workers`)] : []),
  ];
}

/** After the switch, as most of it hangs on the alias. `steps` are those of the release. */
export function stepsAfter(want: Asked, live: Live | null, config: AwsConfig, state: FunctionState | null, steps: readonly Step[]): Step[] {
  const name = want.draft.function;
  // A function that is about to be made is made with its tags.
  const tags = state === null ? null : tagChange(config.tags, state.tags);
  return [
    ...(tags === null ? [] : [step('tags', name, 'update', tagText(tags))]),
    ...reserved(name, config, state),
    ...provisioned(want, live, config, state, steps),
    ...warmSteps(name, config, state),
  ];
}

export function warmSteps(name: string, { warm }: AwsConfig, state: FunctionState | null): Step[] {
  if (warm === undefined) return [];
  const minutes = minutesOf(warm);
  const found = state?.warm ?? null;
  if (minutes === (found ?? 0)) return [];
  if (minutes === 0) return [step('schedule', scheduleName(name), 'remove', 'no more calls to keep it warm')];
  return [step('schedule', scheduleName(name), found === null ? 'create' : 'update', `a call every ${minutes} min keeps it warm`)];
}

function reserved(name: string, { reservedConcurrency }: AwsConfig, state: FunctionState | null): Step[] {
  if (reservedConcurrency === undefined || reservedConcurrency === (state?.reserved ?? 0)) return [];
  if (reservedConcurrency === 0) return [step('reserved concurrency', name, 'remove', `no more limit of ${state?.reserved}`)];
  return [step('reserved concurrency', name, state?.reserved ? 'update' : 'create', `${reservedConcurrency} calls at once at most`)];
}

/** While an alias has weights its ready workers cannot be changed: docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html */
function provisioned({ draft, canary }: Asked, live: Live | null, config: AwsConfig, state: FunctionState | null, steps: readonly Step[]): Step[] {
  const wanted = config.provisionedConcurrency;
  if (wanted === undefined || wanted === 0) return [];
  if (state !== null && state.image !== (draft.image !== undefined)) {
    throw new MlfnError('AWS_SETTING', `provisionedConcurrency keeps workers of ${draft.function} ready, and those only hand on the calls of a release of another form.`, {
      hint: 'Set provisionedConcurrency to 0: --warm 5m keeps both functions warm. Or deploy it under another name.',
    });
  }
  const found = state?.provisioned ?? null;
  const switched = steps.find((each) => each.kind === 'switch');
  const shared = switched === undefined ? live?.canary !== undefined : switched.kind === 'switch' && switched.percent !== undefined;
  if (shared) {
    if (found?.wanted === wanted) return [];
    throw new MlfnError('AWS_SETTING', `provisionedConcurrency cannot be changed while a canary has ${canary ?? live?.canary?.percent} % of the traffic.`, {
      hint: 'Promote it or roll it back first, or leave --provisioned-concurrency out.',
    });
  }
  // After a switch they are made anew for the new release, and waited for.
  if (found?.wanted === wanted && found.status === 'READY' && switched === undefined) return [];
  return [step('provisioned concurrency', draft.function, found === null ? 'create' : 'update', `${wanted} ready workers, paid for`)];
}

function takeOver(name: string, { runtime, handler, role, variables }: Foreign): Step {
  const lost = variables.length === 0 ? '' : `, its variables ${variables.join(', ')}`;
  return step('function', name, 'update', `is taken over: ${[runtime, handler].filter(Boolean).join(' ') || 'its image'}, its role ${role}${lost} are replaced; kept as a version, as are its versions and aliases`);
}

function step(resource: string, name: string, change: 'create' | 'update' | 'remove', detail: string): Step {
  return { kind: 'ensure', resource, name, change, detail };
}
