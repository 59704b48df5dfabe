/** Which runtimes a region has: asked of it, as they come and go. */
import { call, CALL } from '../call.ts';
import { gcpCode } from '../errors.ts';
import { locationPath } from '../names.ts';
import type { Session } from '../session.ts';

/** `google.cloud.functions.v2.ListRuntimesResponse.RuntimeStage`: those that new functions may not be made with. */
const ENDED: unknown[] = ['DECOMMISSIONED', 'DEPRECATED'];

/** `python312`, ...; null for whoever may not ask. */
export async function runtimesOf(session: Session): Promise<string[] | null> {
  const parent = locationPath(session.project, session.region);
  const client = await session.functions();
  try {
    const [{ runtimes }] = await call(session, { permission: 'cloudfunctions.runtimes.list', resource: parent }, () => client.listRuntimes({ parent }, CALL));
    const usable = (runtimes ?? []).filter(({ environment, stage }) => environment === 'GEN_2' && !ENDED.includes(stage));
    return usable.map(({ name }) => name ?? '');
  } catch (error) {
    if (gcpCode(error) === 'PERMISSION_DENIED') return null;
    throw error;
  }
}
