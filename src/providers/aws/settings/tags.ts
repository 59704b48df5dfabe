/** Gives the function the tags that it should have, and its twin, where there is one. */
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda';
import { call } from '../call.ts';
import type { Session } from '../session.ts';
import { getFunction } from '../versions.ts';
import { functionArn, TWIN_TAG } from './marks.ts';
import { tagChange } from './tag-plan.ts';

/** The twin first: the next deploy looks at the function alone. */
export async function ensureTags(session: Session, name: string): Promise<void> {
  const found = (await getFunction(session, name))?.Tags ?? {};
  const twin = found[TWIN_TAG];
  const tags = twin === undefined ? undefined : (await getFunction(session, twin))?.Tags;
  if (twin !== undefined && tags !== undefined) await change(session, twin, tags);
  await change(session, name, found);
}

/** What goes goes first: stopped in between, the next deploy still knows what is to be set. */
async function change(session: Session, name: string, found: Record<string, string>): Promise<void> {
  const { set, unset } = tagChange(session.config.tags, found) ?? { set: {}, unset: [] };
  const Resource = await functionArn(session, name);
  const signal = { abortSignal: session.ctx.signal };
  if (unset.length > 0) {
    await call({ action: 'lambda:UntagResource', resource: name }, () => session.lambda.send(new UntagResourceCommand({ Resource, TagKeys: unset }), signal));
  }
  if (Object.keys(set).length === 0) return;
  await call({ action: 'lambda:TagResource', resource: name }, () => session.lambda.send(new TagResourceCommand({ Resource, Tags: set }), signal));
}
