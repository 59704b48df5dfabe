/** The release history in the bucket: `history.ts` over Cloud Storage. */
import { historyIn } from '../../history.ts';
import { functionPrefix } from '../names.ts';
import type { Session } from '../session.ts';
import { deletePrefix } from './listing.ts';
import { storeOf } from './store.ts';

export { isAbandoned, type ReleaseRecord, type StoredRecord } from '../../history.ts';
export const { claimNumber, deleteRecord, listAbandoned, listAllRecords, listRecords, readRecord, writeVerified } = historyIn(storeOf);

/** With all else that is kept of the function alone. */
export async function deleteHistory(session: Session, name: string): Promise<void> {
  await deletePrefix(session, functionPrefix(name));
}
