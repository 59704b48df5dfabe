/** A function that mlfn did not make: what it is now is published as a version of its own before anything of it changes. */
import { PublishVersionCommand, TagResourceCommand } from '@aws-sdk/client-lambda';
import { call } from '../call.ts';
import { TAG, TAG_VALUE } from '../names.ts';
import type { Session } from '../session.ts';
import { getFunction } from '../versions.ts';
import { ADOPTED_TAG, functionArn } from './marks.ts';

export async function adopt(session: Session, name: string): Promise<void> {
  const signal = { abortSignal: session.ctx.signal };
  const variables = Object.keys((await getFunction(session, name))?.Configuration?.Environment?.Variables ?? {});
  // Without a change since the last version Lambda makes none, and names that one.
  const { Version } = await call({ action: 'lambda:PublishVersion', resource: name }, () =>
    session.lambda.send(new PublishVersionCommand({ FunctionName: name, Description: 'before mlfn took it over' }), signal),
  );
  session.ctx.emit({ type: 'fact', label: 'kept', text: `version ${Version} of ${name} is what it was: code, variables, role` });
  if (variables.length > 0) {
    const text = `${name} had variables that its releases do not have unless you name them: ${variables.sort().join(', ')}.`;
    session.ctx.emit({ type: 'warning', text, hint: 'Give those that the model needs with --env NAME=VALUE or --secret NAME=REF.' });
  }
  const Resource = await functionArn(session, name);
  await call({ action: 'lambda:TagResource', resource: name }, () =>
    session.lambda.send(new TagResourceCommand({ Resource, Tags: { [TAG]: TAG_VALUE, [ADOPTED_TAG]: `version ${Version}` } }), signal),
  );
}
