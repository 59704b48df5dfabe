/**
 * Which release gets the traffic. Of commands that meet, releases go live in the order of their numbers: what is newer and
 * went live meanwhile is not taken back by who began earlier. A rollback is, as it says so.
 */
import { MlfnError } from '../../errors.ts';
import type { Done, Step } from '../provider.ts';
import { moveTraffic, type Traffic } from './alias.ts';
import type { Session } from './session.ts';
import { writeVerified } from './storage/records.ts';
import { getFunction, gone, listVersions, type Version } from './versions.ts';

type Switch = Extract<Step, { kind: 'switch' }>;

export async function switchTo(session: Session, step: Switch, done: Done): Promise<void> {
  const { name, candidate, verification, sample } = done;
  const number = step.number ?? candidate?.number;
  let versions = await listVersions(session, name);
  const wanted = versions.find(({ release }) => release === number);
  if (wanted === undefined) throw candidate === undefined ? unknown(name, number) : gone(name);
  if (verification !== undefined) await writeVerified(session, name, wanted.release, { verification, sample: sample ?? null });
  try {
    await moveTraffic(session, name, async (now) => {
      const busy = [now?.version, now?.canary?.version].filter((each) => each !== undefined);
      // Published since the look.
      if (!busy.every((each) => versions.some(({ version }) => version === each))) versions = await listVersions(session, name);
      const next = trafficAfter(step, wanted, now, versions);
      if (typeof next === 'object') return next;
      tellOvertaken(session, name, wanted.release, { by: next, published: step.number === null });
      return null;
    });
  } catch (error) {
    if (!(error instanceof MlfnError && error.code === 'AWS_GONE')) throw error;
    // Pruned by another command, or all of it.
    throw (await getFunction(session, name)) === null ? error : unknown(name, number);
  }
}

/**
 * Pure. A plan that went forward (a deploy, a promotion) does not go back over what was switched to since.
 * @returns what the alias is to say; the newer release where that one stays
 */
function trafficAfter(step: Switch, { version, release }: Version, now: Traffic | null, versions: readonly Version[]): Traffic | number {
  const releaseOf = (busy: string | undefined) => versions.find((each) => each.version === busy)?.release ?? 0;
  const live = releaseOf(now?.version);
  const canary = releaseOf(now?.canary?.version);
  const forward = step.number === null || (step.from ?? 0) < release;
  if (forward && live > release) return live;
  const alone = { version, canary: null };
  if (now === null || now.version === version) return alone;
  if (step.percent === undefined) return step.number === null && canary > release ? { version, canary: now.canary } : alone;
  if (forward && canary > release) return canary;
  // The rest stays with what is live now, also when that is not what the plan has seen.
  return { version: now.version, canary: { version, weight: step.percent / 100 } };
}

/** A new release is there all the same; who only wanted to move the traffic has not got it. */
function tellOvertaken({ ctx }: Session, name: string, number: number, { by, published }: { by: number; published: boolean }): void {
  const hint = `Have it live with \`mlfn rollback ${name} --to ${number}\`.`;
  if (published) return ctx.emit({ type: 'warning', text: `Release ${by} got traffic meanwhile, and keeps it; release ${number} is there, checked.`, hint });
  throw new MlfnError('RELEASE_OVERTAKEN', `Release ${by} of ${name} went live meanwhile, and stays: release ${number} did not get the traffic.`, { hint });
}

function unknown(name: string, number: number | undefined): MlfnError {
  return new MlfnError('RELEASE_UNKNOWN', `There is no release ${number ?? '?'} of ${name}.`, {
    hint: 'Another command may have removed it: see `mlfn releases`.',
  });
}
