/** A service or a function that mlfn did not make and is to take over: what it was stays a revision, of no release. */
import { LABEL } from './names.ts';
import type { Seen } from './observe.ts';
import type { Session } from './session.ts';

/** Said before anything is changed; nothing for what is mlfn's already. */
export function tellAdopted({ ctx }: Pick<Session, 'ctx'>, name: string, { service, function: found, split }: Pick<Seen, 'service' | 'function' | 'split'>): void {
  if (service === null || { ...service.labels, ...found?.labels }[LABEL] !== undefined) return;
  if (split !== null) ctx.emit({ type: 'fact', label: 'kept', text: `revision ${split.live} of ${name} is what it was: it goes on until the switch, and stays without traffic` });
  const lost = variablesOf(service, found);
  if (lost.length === 0) return;
  ctx.emit({
    type: 'warning',
    text: `${name} has variables that its releases do not have unless you name them: ${lost.join(', ')}.`,
    hint: 'Give those that the model needs with --env NAME=VALUE or --secret NAME=REF.',
  });
}

/** Of a function only its own: its service has some of the platform's beside them. */
function variablesOf(service: NonNullable<Seen['service']>, found: Seen['function']): string[] {
  const config = found?.serviceConfig;
  const names = config
    ? [...Object.keys(config.environmentVariables ?? {}), ...(config.secretEnvironmentVariables ?? []).map(({ key }) => key)]
    : (service.template?.containers?.[0]?.env ?? []).map((each) => each.name);
  return names.filter((each) => typeof each === 'string').toSorted();
}
