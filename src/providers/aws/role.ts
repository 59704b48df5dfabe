/** The function's own role: what its code may do, and nothing else. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { call, nameOf, orNull } from './call.ts';
import { logGroupName, roleName, TAG, TAG_VALUE } from './names.ts';
import type { Session } from './session.ts';

const POLICY = 'mlfn';
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export interface RoleState {
  name: string;
  exists: boolean;
  /** Whether it lets Lambda in and allows just what it must. */
  right: boolean;
}

export async function observeRole(session: Session, name: string): Promise<RoleState> {
  const own = roleName(name, session.region);
  const resource = await roleArn(session, name);
  const role = await orNull({ action: 'iam:GetRole', resource }, () =>
    session.iam.send(new GetRoleCommand({ RoleName: own }), { abortSignal: session.ctx.signal }),
  );
  if (role?.Role === undefined) return { name: own, exists: false, right: false };
  const policy = await orNull({ action: 'iam:GetRolePolicy', resource }, () =>
    session.iam.send(new GetRolePolicyCommand({ RoleName: own, PolicyName: POLICY }), { abortSignal: session.ctx.signal }),
  );
  const trusts = same(role.Role.AssumeRolePolicyDocument, TRUST);
  return { name: own, exists: true, right: trusts && same(policy?.PolicyDocument, await policyOf(session, name)) };
}

/** Makes it, or mends what a killed deploy or a hand left wrong. */
export async function ensureRole(session: Session, name: string): Promise<void> {
  const RoleName = roleName(name, session.region);
  const resource = await roleArn(session, name);
  const signal = { abortSignal: session.ctx.signal };
  try {
    await call(
      { action: 'iam:CreateRole', resource },
      async () =>
        session.iam.send(
          new CreateRoleCommand({
            RoleName,
            AssumeRolePolicyDocument: JSON.stringify(TRUST),
            Description: `What the function ${name} may do; made by mlfn`,
            Tags: [{ Key: TAG, Value: TAG_VALUE }],
          }),
          signal,
        ),
      ['EntityAlreadyExistsException', 'EntityAlreadyExists'],
    );
  } catch (error) {
    if (!nameOf(error).startsWith('EntityAlreadyExists')) throw error;
  }
  const PolicyDocument = JSON.stringify(await policyOf(session, name));
  await call({ action: 'iam:PutRolePolicy', resource }, () =>
    session.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: POLICY, PolicyDocument }), signal),
  );
}

export async function removeRole(session: Session, name: string): Promise<void> {
  const RoleName = roleName(name, session.region);
  const resource = await roleArn(session, name);
  const signal = { abortSignal: session.ctx.signal };
  await orNull({ action: 'iam:DeleteRolePolicy', resource }, () =>
    session.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: POLICY }), signal),
  );
  await orNull({ action: 'iam:DeleteRole', resource }, () => session.iam.send(new DeleteRoleCommand({ RoleName }), signal));
}

/** Of the role that the function runs as: the user's own, or ours. */
export async function roleArn(session: Session, name: string): Promise<string> {
  return session.config.role ?? `arn:${session.partition}:iam::${await session.account()}:role/${roleName(name, session.region)}`;
}

/** Its own log group, which exists already: logs:CreateLogGroup would bring back a deleted one without retention. */
async function policyOf(session: Session, name: string): Promise<unknown> {
  const { partition, region } = session;
  const group = `arn:${partition}:logs:${region}:${await session.account()}:log-group:${logGroupName(name)}`;
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${group}:*` }],
  };
}

/** IAM gives documents back percent-encoded (RFC 3986). */
function same(document: string | undefined, wanted: unknown): boolean {
  if (document === undefined) return false;
  try {
    return JSON.stringify(JSON.parse(decodeURIComponent(document))) === JSON.stringify(wanted);
  } catch {
    return false;
  }
}
