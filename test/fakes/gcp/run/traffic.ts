/** How a service's traffic is split. Source: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration */
import { invalid } from '../status.ts';
import type { TrafficTarget } from './messages.ts';

export const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const BY_NAME = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

/**
 * Refuses a split that does not sum to 100. Nothing at all means: all to the latest. Revisions that are not there, or not
 * ready, are told by the operation (`HeldService.route`).
 */
export function checkTraffic(traffic: TrafficTarget[] | undefined, service: string): TrafficTarget[] {
  if (!traffic || traffic.length === 0) return [{ type: LATEST, percent: 100 }];
  const tags = new Set<string>();
  traffic.forEach((target, index) => {
    const field = `traffic[${index}]`;
    const { type, revision, percent = 0, tag } = target;
    if (type === LATEST && revision) throw invalid(`${field}.revision`, 'Revision must be empty when the type is LATEST.');
    if (type === BY_NAME && !revision) throw invalid(`${field}.revision`, 'Revision must be set when the type is REVISION.');
    if (type !== LATEST && type !== BY_NAME) throw invalid(`${field}.type`, 'Type must be specified.');
    if (percent < 0 || percent > 100) throw invalid(`${field}.percent`, `must be between 0 and 100; got ${percent}.`);
    if (revision?.includes('/')) throw invalid(`${field}.revision`, `must be a short name, not ${revision}.`);
    if (tag !== undefined && tag !== '') checkTag(tag, field, tags, service);
  });
  const names = traffic.filter(({ percent = 0 }) => percent > 0).map(({ type, revision }) => revision ?? type);
  if (new Set(names).size < names.length) throw invalid('traffic', 'Each revision may be named once with a percent.');
  const sum = traffic.reduce((total, { percent = 0 }) => total + percent, 0);
  if (sum !== 100) throw invalid('traffic', `Traffic targets must sum to 100, the sum is ${sum}.`);
  return traffic.map(({ type, revision, percent, tag }) => ({
    type: type as string,
    ...(revision && { revision }),
    ...(percent && { percent }),
    ...(tag && { tag }),
  }));
}

/**
 * Lower case, digits, `-`, starts with a letter, at least three letters; with the service's name at most 46. Sources:
 * github.com/PolicyEngine/policyengine-sim-api/issues/656, github.com/PolicyEngine/policyengine-api/issues/3729 (what Cloud Run said)
 */
function checkTag(tag: string, field: string, seen: Set<string>, service: string): void {
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(tag)) throw invalid(`${field}.tag`, `Traffic tag '${tag}' must be lower case letters, numbers and '-', begin with a letter and not end with '-'.`);
  if (tag.length < 3) throw invalid(`${field}.tag`, `traffic tag '${tag}' is too short: at least 3 characters.`);
  if (tag.length + service.length > 46) throw invalid(`${field}.tag`, `traffic tag '${tag}' and service name '${service}' together are too long. Combined traffic tag and service name cannot exceed 46 characters.`);
  if (seen.has(tag)) throw invalid(`${field}.tag`, `Traffic tag '${tag}' is used more than once.`);
  seen.add(tag);
}

/** Chooses by weights so that any 100 choices in a row have the shares: smooth weighted round robin. */
export class Wheel {
  readonly #credit = new Map<string, number>();

  next(weights: Map<string, number>): string | undefined {
    let chosen: string | undefined;
    for (const [name, weight] of weights) {
      const credit = (this.#credit.get(name) ?? 0) + weight;
      this.#credit.set(name, credit);
      if (weight > 0 && (chosen === undefined || credit > (this.#credit.get(chosen) as number))) chosen = name;
    }
    for (const name of this.#credit.keys()) if (!weights.has(name)) this.#credit.delete(name);
    if (chosen !== undefined) this.#credit.set(chosen, (this.#credit.get(chosen) as number) - [...weights.values()].reduce((a, b) => a + b, 0));
    return chosen;
  }
}
