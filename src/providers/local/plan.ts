/** What to do, from what is wanted and what is there. Pure: no I/O, no clock. */
import { MlfnError } from '../../errors.ts';
import type { Live } from '../../live.ts';
import type { Part } from '../../types.ts';
import type { ReleaseDraft, Step, Want } from '../provider.ts';
import { releaseSteps, switchSteps } from '../steps.ts';

export function plan(want: Want, live: Live | null): Step[] {
  if (want.kind === 'live') return switchSteps(want.number, live);
  if (want.kind === 'warm') return [];
  if (want.kind === 'absent') {
    return live === null ? [] : [{ kind: 'remove', name: live.name, releases: live.releases.map(({ number }) => number), also: [] }];
  }
  if (want.canary !== undefined) {
    throw new MlfnError('CONFIG_VALUE', 'The local target gives all the traffic to one release: a canary needs a cloud.', {
      hint: 'Leave --canary out, and ask the earlier release with `mlfn invoke --release N` meanwhile.',
      details: { key: 'canary', value: want.canary },
    });
  }
  return releaseSteps(want, live, missingParts(want.draft, live));
}

/** An object that no release names may be there, and is collected or stored again. */
function missingParts({ artifacts }: ReleaseDraft, live: Live | null): Part[] {
  const stored = new Set((live?.releases ?? []).flatMap((release) => Object.values(release.artifacts)));
  if (artifacts.dependencies === artifacts.function) return stored.has(artifacts.function) ? [] : ['dependencies'];
  return (['dependencies', 'function'] as const).filter((part) => !stored.has(artifacts[part]));
}
