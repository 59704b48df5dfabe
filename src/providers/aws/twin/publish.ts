/** A release becomes a version of its function: of its own form, or one that hands calls on to a version of the twin. */
import { OtherForm, publishVersion, type Wanted } from '../function.ts';
import { ensureRepository } from '../images/repository.ts';
import { twinName } from '../names.ts';
import { ensureRoleOf } from '../role.ts';
import type { Session } from '../session.ts';
import { functionArn, TWIN_TAG } from '../settings/marks.ts';
import { getFunction } from '../versions.ts';
import { relayCode } from './relay.ts';
import { otherThan } from './form.ts';
import { markTwin } from './twin.ts';

/** @param assertClaimed throws when the release is not wanted any more */
export async function publishRelease(session: Session, wanted: Wanted, assertClaimed: () => Promise<void>): Promise<void> {
  try {
    await publishVersion(session, wanted, assertClaimed);
  } catch (error) {
    if (!(error instanceof OtherForm)) throw error;
    await publishOnTwin(session, wanted, assertClaimed);
  }
}

/** The twin's version first: what hands on names it. Killed in between, it is found by the number of its release. */
async function publishOnTwin(session: Session, wanted: Wanted, assertClaimed: () => Promise<void>): Promise<void> {
  const { name, code, number } = wanted;
  const twin = twinName(name, code.form);
  await underlay(session, wanted);
  // Refused before anything is made.
  const handing = await relayCode(session, name, otherThan(code.form));
  const { version } = await publishVersion(session, { ...wanted, name: twin, front: name }, assertClaimed);
  const relay = `${await functionArn(session, twin)}:${version}`;
  await publishVersion(session, { ...wanted, code: handing, relay }, assertClaimed);
  session.ctx.emit({ type: 'fact', label: 'twin', text: `release ${number} runs as ${twin}, version ${version}; ${name} hands its calls on` });
}

/** Planned already, but where another deploy made the function meanwhile, of the other form. */
async function underlay(session: Session, { name, code, draft }: Wanted): Promise<void> {
  if ((await getFunction(session, name))?.Tags?.[TWIN_TAG] !== undefined) return;
  await markTwin(session, name, code.form);
  if (session.config.role === undefined) await ensureRoleOf(session, name, draft);
  if (code.form === 'image') await ensureRepository(session, name);
}
