/** The part of a plan that is the same on every target: which release is published, and which one gets the traffic. Pure. */
import { MlfnError } from '../errors.ts';
import type { Live } from '../live.ts';
import type { ReleaseDraft, Step, Stored, Want } from './provider.ts';

/** Releases kept; the live one always is. */
export const KEEP = 10;

/** @param missing the parts that the target does not have yet, in the order in which they are stored */
export function releaseSteps(want: Extract<Want, { kind: 'release' }>, live: Live | null, missing: readonly Stored[]): Step[] {
  const { draft, canary } = want;
  const releases = live?.releases ?? [];
  const current = live?.live ?? null;
  const percent = current === null ? undefined : canary;
  const same = releases.filter((release) => release.digest === draft.digest).map((release) => release.number);
  // Live already: a canary beside it is ended.
  if (current !== null && same.includes(current)) return live === null ? [] : switchSteps(current, live);
  // Verified but overtaken by a kill or a rollback, or a canary: it needs no more than the traffic.
  const ahead = same.filter((number) => number > (current ?? 0)).at(-1);
  if (ahead !== undefined) {
    if (percent !== undefined && live?.canary?.number === ahead && live.canary.percent === percent) return [];
    return [{ kind: 'switch', number: ahead, from: current, ...share(percent) }];
  }
  const steps: Step[] = missing.map((part) => ({ kind: 'store', part, digest: digestOf(draft, part) }));
  const expect = nextNumber(draft, live);
  steps.push({ kind: 'publish', draft, expect }, { kind: 'verify' });
  steps.push({ kind: 'switch', number: null, from: current, ...share(percent) });
  if (releases.length + 1 > KEEP) steps.push({ kind: 'prune', keep: KEEP });
  return steps;
}

function digestOf({ artifacts, image }: ReleaseDraft, part: Stored): string {
  return (part === 'image' ? image?.digest.replace(/^sha256:/, '') : artifacts[part]) ?? '';
}

/** All the traffic to one release; a canary ends with it. @throws RELEASE_UNKNOWN */
export function switchSteps(number: number, live: Live | null): Step[] {
  if (live === null || !live.releases.some((release) => release.number === number)) {
    const known = (live?.releases ?? []).map((release) => release.number);
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${number}${live ? ` of ${live.name}` : ''}.`, {
      hint: known.length === 0 ? 'Deploy the function first.' : `Choose one of: ${known.join(', ')}.`,
    });
  }
  if (live.live === number && live.canary === undefined) return [];
  return [{ kind: 'switch', number, from: live.live }];
}

/** What a release stands on comes first, what the function has beside its releases last; only the pruning comes after that. */
export function arranged(live: Live | null, { before, steps, after }: { before: Step[]; steps: Step[]; after: Step[] }): Step[] {
  const prune = steps.find((step) => step.kind === 'prune') ?? (live?.untidy === true ? ({ kind: 'prune', keep: KEEP } as const) : null);
  return [...before, ...steps.filter((step) => step.kind !== 'prune'), ...after, ...(prune === null ? [] : [prune])];
}

function share(percent: number | undefined): { percent?: number } {
  return percent === undefined ? {} : { percent };
}

/** A candidate that a killed deploy of the same content left is taken up; others that are abandoned are swept first. */
function nextNumber(draft: ReleaseDraft, live: Live | null): number {
  const candidates = live?.candidates ?? [];
  const resumed = candidates.find((candidate) => candidate.abandoned && candidate.digest === draft.digest);
  if (resumed !== undefined) return resumed.number;
  const busy = candidates.filter((candidate) => !candidate.abandoned).map((candidate) => candidate.number);
  return Math.max(0, ...busy, ...(live?.releases ?? []).map((release) => release.number)) + 1;
}
