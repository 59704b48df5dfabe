/** A schedule that calls the live release so often that a worker stays: a rule of EventBridge, which needs no role of its own. */
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda';
import { grant, revoke } from '../endpoint/alias-policy.ts';
import { call, orNull } from '../call.ts';
import { ALIAS, scheduleName } from '../names.ts';
import type { Session } from '../session.ts';
import { minutesOf } from './fields.ts';
import { functionArn, WARM_TAG } from './marks.ts';

const STATEMENT = 'mlfn-warm';
const TARGET = 'live';
/** templates/python/mlfn_serve/entry.py answers it without asking the model. */
const EVENT = '{"mlfn":"warm"}';

/** Minutes between calls; null when there is no schedule, or it calls nothing. */
export async function observeSchedule(session: Session, name: string): Promise<number | null> {
  const { DescribeRuleCommand, ListTargetsByRuleCommand } = await import('@aws-sdk/client-eventbridge');
  const Name = scheduleName(name);
  const events = await session.schedules();
  const signal = { abortSignal: session.ctx.signal };
  const [rule, targets] = await Promise.all([
    orNull({ action: 'events:DescribeRule', resource: Name }, () => events.send(new DescribeRuleCommand({ Name }), signal)),
    orNull({ action: 'events:ListTargetsByRule', resource: Name }, () => events.send(new ListTargetsByRuleCommand({ Rule: Name }), signal)),
  ]);
  const minutes = /^rate\((\d+) minutes?\)$/.exec(rule?.ScheduleExpression ?? '')?.[1];
  const arn = `${await functionArn(session, name)}:${ALIAS}`;
  const calls = (targets?.Targets ?? []).some((each) => each.Arn === arn && each.Input === EVENT);
  return minutes === undefined || rule?.State !== 'ENABLED' || !calls ? null : Number(minutes);
}

/** The tag comes first and goes last: a removal that is asked for in between still finds the schedule. */
export async function ensureSchedule(session: Session, name: string): Promise<void> {
  const minutes = minutesOf(session.config.warm ?? 'off');
  const { PutRuleCommand, PutTargetsCommand } = await import('@aws-sdk/client-eventbridge');
  const events = await session.schedules();
  const Resource = await functionArn(session, name);
  const signal = { abortSignal: session.ctx.signal };
  const Name = scheduleName(name);
  await call({ action: 'lambda:TagResource', resource: name }, () =>
    session.lambda.send(new TagResourceCommand({ Resource, Tags: { [WARM_TAG]: `${minutes}m` } }), signal),
  );
  await call({ action: 'events:PutRule', resource: Name }, () =>
    events.send(
      new PutRuleCommand({
        Name,
        Description: `Keeps the function ${name} warm; made by mlfn`,
        ScheduleExpression: `rate(${minutes} minute${minutes === 1 ? '' : 's'})`,
        State: 'ENABLED',
      }),
      signal,
    ),
  );
  const SourceArn = `arn:${session.partition}:events:${session.region}:${await session.account()}:rule/${Name}`;
  await grant(session, name, { StatementId: STATEMENT, Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn });
  const put = await call({ action: 'events:PutTargets', resource: Name }, () =>
    events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: TARGET, Arn: `${Resource}:${ALIAS}`, Input: EVENT }] }), signal),
  );
  if ((put.FailedEntryCount ?? 0) > 0) throw new Error(`events:PutTargets ${Name}: ${put.FailedEntries?.[0]?.ErrorMessage}`);
}

export async function removeSchedule(session: Session, name: string): Promise<void> {
  const { DeleteRuleCommand, RemoveTargetsCommand } = await import('@aws-sdk/client-eventbridge');
  const events = await session.schedules();
  const signal = { abortSignal: session.ctx.signal };
  const Name = scheduleName(name);
  // A rule is only deleted without targets.
  await orNull({ action: 'events:RemoveTargets', resource: Name }, () => events.send(new RemoveTargetsCommand({ Rule: Name, Ids: [TARGET] }), signal));
  await orNull({ action: 'events:DeleteRule', resource: Name }, () => events.send(new DeleteRuleCommand({ Name }), signal));
  await revoke(session, name, STATEMENT);
  const Resource = await functionArn(session, name);
  await orNull({ action: 'lambda:UntagResource', resource: name }, () =>
    session.lambda.send(new UntagResourceCommand({ Resource, TagKeys: [WARM_TAG] }), signal),
  );
}
