/** The function's log group: made before the function, so that its lines do not stay for ever. */
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { call, nameOf, orNull } from '../call.ts';
import { logGroupName, TAG, TAG_VALUE } from '../names.ts';
import type { Session } from '../session.ts';

export interface LogGroupState {
  name: string;
  exists: boolean;
  /** Days; null keeps for ever. */
  retention: number | null;
}

export async function observeLogGroup(session: Session, name: string): Promise<LogGroupState> {
  const own = logGroupName(name);
  const found = await call({ action: 'logs:DescribeLogGroups', resource: own }, () =>
    session.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: own }), { abortSignal: session.ctx.signal }),
  );
  const group = found.logGroups?.find((each) => each.logGroupName === own);
  return { name: own, exists: group !== undefined, retention: group?.retentionInDays ?? null };
}

export async function ensureLogGroup(session: Session, name: string): Promise<void> {
  const group = logGroupName(name);
  const signal = { abortSignal: session.ctx.signal };
  try {
    await call(
      { action: 'logs:CreateLogGroup', resource: group },
      () => session.logs.send(new CreateLogGroupCommand({ logGroupName: group, tags: { [TAG]: TAG_VALUE } }), signal),
      ['ResourceAlreadyExistsException'],
    );
  } catch (error) {
    if (nameOf(error) !== 'ResourceAlreadyExistsException') throw error;
  }
  const retentionInDays = session.config.logRetention;
  await call({ action: 'logs:PutRetentionPolicy', resource: group }, () =>
    session.logs.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays }), signal),
  );
}

export async function removeLogGroup(session: Session, name: string): Promise<void> {
  const group = logGroupName(name);
  await orNull({ action: 'logs:DeleteLogGroup', resource: group }, () =>
    session.logs.send(new DeleteLogGroupCommand({ logGroupName: group }), { abortSignal: session.ctx.signal }),
  );
}
