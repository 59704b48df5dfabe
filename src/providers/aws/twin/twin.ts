/**
 * Lambda lets no function change between zip and image, and an endpoint belongs to its function. So a release of the other form is a
 * version of a second function, the twin, and the function itself, the front, has a version that hands the calls on to that one:
 * alias, weights, rollback and numbers are the front's in any case.
 */
import { DeleteFunctionCommand, TagResourceCommand } from '@aws-sdk/client-lambda';
import { MlfnError } from '../../../errors.ts';
import type { PackageForm } from '../../../types.ts';
import { call, orNull } from '../call.ts';
import { twinName } from '../names.ts';
import type { Session } from '../session.ts';
import { FRONT_TAG, functionArn, TWIN_TAG } from '../settings/marks.ts';
import { listRecords, type ReleaseRecord } from '../storage/records.ts';
import { getFunction, listVersions, type Version } from '../versions.ts';
import { formOf } from './form.ts';

/** The twin's versions; none where the front's tags tell of no twin, or it is gone. */
export async function twinVersions(session: Session, tags: Record<string, string>): Promise<Version[]> {
  const twin = tags[TWIN_TAG];
  if (twin === undefined) return [];
  return listVersions(session, twin).catch((error: unknown) => {
    if (error instanceof MlfnError && error.code === 'AWS_GONE') return [];
    throw error;
  });
}

/** The mark is for ever: whoever made another twin meanwhile would miss it. */
export async function markTwin(session: Session, name: string, form: PackageForm): Promise<void> {
  const Resource = await functionArn(session, name);
  await call({ action: 'lambda:TagResource', resource: name }, () =>
    session.lambda.send(new TagResourceCommand({ Resource, Tags: { [TWIN_TAG]: twinName(name, form) } }), { abortSignal: session.ctx.signal }),
  );
}

/** Takes the twin away once no release needs it. Asked after its versions were listed: who is making one has claimed a release before. */
export async function collectTwin(session: Session, name: string, form: PackageForm, dropped: (record: ReleaseRecord) => boolean): Promise<void> {
  const records = (await listRecords(session, name)).map(({ record }) => record).filter((record) => !dropped(record));
  if (records.every((record) => formOf(record) !== form)) await removeTwin(session, name, form);
}

export async function removeTwin(session: Session, name: string, form: PackageForm): Promise<void> {
  const twin = twinName(name, form);
  if ((await getFunction(session, twin))?.Tags?.[FRONT_TAG] !== name) return;
  await orNull({ action: 'lambda:DeleteFunction', resource: twin }, () =>
    session.lambda.send(new DeleteFunctionCommand({ FunctionName: twin }), { abortSignal: session.ctx.signal }),
  );
}
