/** A release on its way to being a revision: what it is made of, and how far it is. */
import { MlfnError } from '../../errors.ts';
import { until } from '../patience.ts';
import type { ReleaseDraft } from '../provider.ts';
import type { Patience } from './call.ts';
import { lastErrors } from './logs/last-errors.ts';
import type { Revision } from './services.ts';
import type { Session } from './session.ts';
import { lookAt, type Now } from './traffic.ts';

export interface Source {
  bucket: string;
  object: string;
}

/** What is to be published. */
export interface Wanted {
  name: string;
  number: number;
  draft: ReleaseDraft;
  /** E-mail addresses. */
  runAs: string;
  buildAs: string;
  /** Folder of the function's models: `gs://bucket/prefix/`. */
  models: string;
  /** Mode `image`: by its digest. */
  image: string | null;
  /** Where the package is; null for a function whose image was made of the same, and for an image. */
  source(): Promise<Source | null>;
}

/** Another deploy came between: the whole is begun again. */
export class Overtaken extends Error {}

/** Codes that come through as the client threw them, for whoever begins again. `ABORTED`: under an old etag, or another operation is at it. */
export const PASSING = ['ABORTED', 'ALREADY_EXISTS', 'NOT_FOUND', 'FAILED_PRECONDITION', 'INVALID_ARGUMENT', 'PERMISSION_DENIED'];

/** The newest that was made for this release. */
export function madeFor(now: Now | null, number: number): Revision | null {
  return now?.revisions.findLast(({ release }) => release === number) ?? null;
}

/** The revision runs. @throws GCP_NOT_STARTING, GCP_SLOW */
export async function settled(patience: Patience, { name, number }: Wanted, made?: Revision): Promise<Revision> {
  if (made?.ready === true) return made;
  const found = await until(
    patience,
    `release ${number} to start`,
    async () => madeFor(await lookAt(patience.session, name), number),
    (revision) => revision === null || revision.ready || revision.failure !== null,
  );
  if (found === null) throw new Overtaken();
  if (found.failure !== null) throw await notStarting(patience.session, { name, number }, found.failure);
  return found;
}

/** With the last that it said itself: what Cloud Run says of every one that does not start is no help. */
export async function notStarting(session: Session, { name, number }: Pick<Wanted, 'name' | 'number'>, why: string): Promise<MlfnError> {
  const lines = await lastErrors(session, name, number).catch(() => []);
  const said = lines.length === 0 ? [firstSentences(why)] : lines.map(({ text }) => text);
  return new MlfnError('GCP_NOT_STARTING', `Release ${number} of ${name} does not start: ${said.join('\n')}`, {
    hint: 'Mend what it says, and deploy again.',
    details: { release: number, said: why },
  });
}

/** Without the address of a page of the console. */
function firstSentences(why: string): string {
  return (why.split(/\n|Logs URL/)[0] ?? why).trim();
}
