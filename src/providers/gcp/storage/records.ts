/** The release history in the bucket: `history.ts` over Cloud Storage. */
import type { ReleaseDraft } from '../../provider.ts';
import * as history from '../../history.ts';
import { functionPrefix } from '../names.ts';
import type { Session } from '../session.ts';
import { deletePrefix } from './listing.ts';
import { storeOf } from './store.ts';

export { isAbandoned, type ReleaseRecord, type StoredRecord } from '../../history.ts';

/** Oldest first; empty when there is no history, or no bucket. @throws GCP_RECORD_NEWER, GCP_RECORD_BROKEN */
export function listRecords(session: Session, name: string): Promise<history.StoredRecord[]> {
  return history.listRecords(storeOf(session), name);
}

/** Of every function. */
export function listAllRecords(session: Session): Promise<history.StoredRecord[]> {
  return history.listAllRecords(storeOf(session));
}

/** Null when there is none of that number. */
export function readRecord(session: Session, name: string, number: number): Promise<history.StoredRecord | null> {
  return history.readRecord(storeOf(session), name, number);
}

/** Releases of any function that were claimed and not verified for so long that nobody is at them: told by one listing. */
export function listAbandoned(session: Session): Promise<history.StoredRecord[]> {
  return history.listAbandoned(storeOf(session));
}

/** Makes the record under the next free number above `used`, and returns that. */
export function claimNumber(session: Session, name: string, draft: ReleaseDraft, used = 0): Promise<number> {
  return history.claimNumber(storeOf(session), name, draft, used);
}

/** Marks the release as verified. The first mark stays. */
export function writeVerified(session: Session, name: string, number: number, proof: history.Proof): Promise<void> {
  return history.writeVerified(storeOf(session), name, number, proof);
}

export function deleteRecord(session: Session, name: string, number: number): Promise<void> {
  return history.deleteRecord(storeOf(session), name, number);
}

/** With all else that is kept of the function alone. */
export async function deleteHistory(session: Session, name: string): Promise<void> {
  await deletePrefix(session, functionPrefix(name));
}
