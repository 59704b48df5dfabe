/** Gives the function the tags that it should have. */
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda';
import { call } from '../call.ts';
import type { Session } from '../session.ts';
import { getFunction } from '../versions.ts';
import { functionArn } from './marks.ts';
import { tagChange } from './tag-plan.ts';

/** What goes goes first: stopped in between, the next deploy still knows what is to be set. */
export async function ensureTags(session: Session, name: string): Promise<void> {
  const { set, unset } = tagChange(session.config.tags, (await getFunction(session, name))?.Tags ?? {}) ?? { set: {}, unset: [] };
  const Resource = await functionArn(session, name);
  const signal = { abortSignal: session.ctx.signal };
  if (unset.length > 0) {
    await call({ action: 'lambda:UntagResource', resource: name }, () => session.lambda.send(new UntagResourceCommand({ Resource, TagKeys: unset }), signal));
  }
  if (Object.keys(set).length === 0) return;
  await call({ action: 'lambda:TagResource', resource: name }, () => session.lambda.send(new TagResourceCommand({ Resource, Tags: set }), signal));
}
