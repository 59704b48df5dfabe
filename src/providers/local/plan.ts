/** What to do, from what is wanted and what is there. Pure: no I/O, no clock. */
import type { Live } from '../../types.ts';
import type { ReleaseDraft, Step, Want } from '../provider.ts';
import { MlfnError } from '../../errors.ts';

/** Releases kept besides the live one. */
const KEEP = 10;

export function plan(want: Want, live: Live | null): Step[] {
  if (want.kind === 'release') return deploySteps(want.draft, live);
  if (want.kind === 'live') return switchSteps(want.number, live);
  if (live === null) return [];
  return [{ kind: 'remove', name: live.name, releases: live.releases.map((release) => release.number), also: [] }];
}

function deploySteps(draft: ReleaseDraft, live: Live | null): Step[] {
  const releases = live?.releases ?? [];
  const current = live?.live ?? null;
  const same = releases.filter((release) => release.digest === draft.digest).map((release) => release.number);
  if (current !== null && same.includes(current)) return [];
  // Verified but overtaken by a kill or a rollback: it needs no more than the traffic.
  const ahead = same.filter((number) => number > (current ?? 0)).at(-1);
  if (ahead !== undefined) return [{ kind: 'switch', number: ahead, from: current }];

  const stored = new Set(releases.flatMap((release) => Object.values(release.artifacts)));
  const steps: Step[] = [];
  for (const part of ['dependencies', 'function'] as const) {
    const digest = draft.artifacts[part];
    if (!stored.has(digest)) steps.push({ kind: 'store', part, digest });
    stored.add(digest);
  }
  const expect = nextNumber(draft, live);
  steps.push({ kind: 'publish', draft, expect }, { kind: 'verify' }, { kind: 'switch', number: null, from: current });
  if (releases.length + 1 > KEEP) steps.push({ kind: 'prune', keep: KEEP });
  return steps;
}

/** A candidate that a killed deploy of the same content left is taken up; others that are abandoned are swept first. */
function nextNumber(draft: ReleaseDraft, live: Live | null): number {
  const candidates = live?.candidates ?? [];
  const resumed = candidates.find((candidate) => candidate.abandoned && candidate.digest === draft.digest);
  if (resumed !== undefined) return resumed.number;
  const busy = candidates.filter((candidate) => !candidate.abandoned).map((candidate) => candidate.number);
  return Math.max(0, ...busy, ...(live?.releases ?? []).map((release) => release.number)) + 1;
}

function switchSteps(number: number, live: Live | null): Step[] {
  if (live === null || !live.releases.some((release) => release.number === number)) {
    const known = (live?.releases ?? []).map((release) => release.number);
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${number}${live ? ` of ${live.name}` : ''}.`, {
      hint: known.length === 0 ? 'Deploy the function first.' : `Choose one of: ${known.join(', ')}.`,
    });
  }
  return live.live === number ? [] : [{ kind: 'switch', number, from: live.live }];
}
