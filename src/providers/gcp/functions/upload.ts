/** A function's source goes where Cloud Functions says, by a signed URL that no credentials may go with. */
import { createReadStream } from 'node:fs';
import { call, CALL } from '../call.ts';
import { explainGcp, isTransient } from '../errors.ts';
import { locationPath } from '../names.ts';
import type { Session } from '../session.ts';

const TRIES = 4;

/** @param file a zip of `bytes` bytes; sent anew, to another place, when the connection breaks */
export async function uploadSource(session: Session, file: string, bytes: number): Promise<{ bucket: string; object: string }> {
  const parent = locationPath(session.project, session.region);
  const need = { permission: 'cloudfunctions.functions.sourceCodeSet', resource: parent };
  const client = await session.functions();
  for (let tries = 1; ; tries++) {
    const [{ uploadUrl, storageSource }] = await call(session, need, () => client.generateUploadUrl({ parent, environment: 'GEN_2' }, CALL));
    try {
      await put(session, uploadUrl ?? '', file, bytes);
      return { bucket: storageSource?.bucket ?? '', object: storageSource?.object ?? '' };
    } catch (error) {
      if (session.ctx.signal.aborted) throw error;
      if (!isTransient(error) || tries === TRIES) throw explainGcp(error, { permission: 'the upload of the source', resource: parent });
      session.ctx.emit({ type: 'progress', text: 'sending the source again' });
    }
  }
}

/** cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions/generateUploadUrl says which headers. */
async function put({ ctx }: Session, url: string, file: string, bytes: number): Promise<void> {
  const { googleAuthLibrary } = await import('google-gax');
  ctx.emit({ type: 'progress', text: 'sending the source', total: bytes });
  // Not fetch, which knows no proxy.
  await googleAuthLibrary.gaxios.request({
    url,
    method: 'PUT',
    body: createReadStream(file),
    headers: { 'content-type': 'application/zip', 'content-length': String(bytes) },
    signal: ctx.signal,
  });
}
