/** The release history in the bucket: `history.ts` over S3. */
import { historyIn, historyPrefix } from '../../history.ts';
import type { Session } from '../session.ts';
import { abortUpload, leftovers } from './leftovers.ts';
import { deletePrefix, isOurs } from './listing.ts';
import { storeOf } from './store.ts';

export { isAbandoned, type ReleaseRecord, type StoredRecord } from '../../history.ts';
export const { claimNumber, deleteRecord, listAbandoned, listAllRecords, listRecords, readRecord, writeVerified } = historyIn(storeOf);

/** With what was half sent for the function. */
export async function deleteHistory(session: Session, name: string): Promise<void> {
  await deletePrefix(session, historyPrefix(name));
  for (const leftover of await leftovers(session, `functions/${name}/`)) {
    if (isOurs(leftover.key)) await abortUpload(session, leftover);
  }
}
