/** The steps of a plan, done, where a history in a bucket is the record. Each can be repeated after a kill. */
import type { Context } from '../events.ts';
import type { Digest } from '../types.ts';
import type { StoredRecord } from './history.ts';
import type { Done, ReleaseDraft, Step, Stored } from './provider.ts';

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** What a target does for each kind of step. `done` has the candidate's number wherever something is made for it. */
export interface Acts<Session> {
  ensure(session: Session, step: Of<'ensure'>, done: Done): Promise<void>;
  /** @returns bytes sent; 0 when it was there */
  store(session: Session, part: Stored, done: Done): Promise<number>;
  tellSent(session: Session, part: Stored, digest: Digest, bytes: number): void;
  publish(session: Session, number: number, draft: ReleaseDraft, done: Done): Promise<void>;
  switchTo(session: Session, step: Of<'switch'>, done: Done): Promise<void>;
  prune(session: Session, name: string, keep: number): Promise<void>;
  remove(session: Session, name: string): Promise<void>;
  drop(session: Session, candidate: { name: string; number: number } & Pick<ReleaseDraft, 'artifacts' | 'image'>): Promise<void>;
  /** What is recorded, and the highest number on the platform: its record may have been deleted. */
  numbered(session: Session, name: string): Promise<{ records: StoredRecord[]; highest: number }>;
  /** The record under the next free number above `used`. */
  claim(session: Session, name: string, draft: ReleaseDraft, used: number): Promise<number>;
}

const DOING = { create: 'making', update: 'mending', remove: 'removing' } as const;

export function applier<Session extends { ctx: Context }>(acts: Acts<Session>) {
  /** Numbers that this process took, also when the step that took one failed afterwards. */
  const claimed = new WeakMap<ReleaseDraft, number>();

  /** The number comes first: what is made from now on is named by a record, and nobody collects it meanwhile. */
  async function claim(session: Session, done: Done): Promise<Done> {
    if (done.candidate !== undefined || done.draft === undefined) return done;
    const { name, draft } = done;
    const { records, highest } = await acts.numbered(session, name);
    const left = records.find((each) => each.verified === null && each.record.digest === draft.digest && each.record.image?.digest === draft.image?.digest);
    const number = left?.record.number ?? (await acts.claim(session, name, draft, highest));
    claimed.set(draft, number);
    return { ...done, candidate: { number } };
  }

  async function apply(session: Session, step: Step, done: Done): Promise<Done> {
    // The bucket is everybody's, and the place of the record.
    const makes = step.kind === 'store' || step.kind === 'publish' || (step.kind === 'ensure' && step.resource !== 'bucket');
    const now = makes ? await claim(session, done) : done;
    switch (step.kind) {
      case 'ensure':
        session.ctx.emit({ type: 'progress', text: `${DOING[step.change]} the ${step.resource} ${step.name}` });
        await acts.ensure(session, step, now);
        break;
      case 'store':
        acts.tellSent(session, step.part, step.digest, await acts.store(session, step.part, now));
        break;
      case 'publish':
        await acts.publish(session, now.candidate!.number, step.draft, now);
        break;
      case 'verify':
        break; // The pipeline's own, through `invoke`.
      case 'switch':
        await acts.switchTo(session, step, now);
        break;
      case 'prune':
        await acts.prune(session, now.name, step.keep);
        break;
      case 'remove':
        await acts.remove(session, step.name);
    }
    return now;
  }

  /** Takes the candidate back, also one whose claiming step failed. */
  async function discard(session: Session, { name, draft, candidate }: Done): Promise<void> {
    const number = candidate?.number ?? (draft === undefined ? undefined : claimed.get(draft));
    if (draft !== undefined && number !== undefined) await acts.drop(session, { name, number, artifacts: draft.artifacts, image: draft.image });
  }

  return { apply, discard };
}
