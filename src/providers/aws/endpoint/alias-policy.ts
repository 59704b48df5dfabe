/** The resource policy of the alias: who may call it from outside of the account's own policies. */
import { AddPermissionCommand, type AddPermissionCommandInput, GetPolicyCommand, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import { call, nameOf, orNull } from '../call.ts';
import { ALIAS } from '../names.ts';
import type { Session } from '../session.ts';

export interface Statement {
  Sid?: string;
  Condition?: Record<string, Record<string, string>>;
}

export async function readPolicy(session: Session, name: string): Promise<Statement[]> {
  const policy = await orNull({ action: 'lambda:GetPolicy', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new GetPolicyCommand({ FunctionName: name, Qualifier: ALIAS }), { abortSignal: session.ctx.signal }),
  );
  return JSON.parse(policy?.Policy ?? '{"Statement": []}').Statement as Statement[];
}

type Permission = Omit<AddPermissionCommandInput, 'FunctionName' | 'Qualifier'>;

/** Once: a statement of that id that is there already stays. */
export async function grant(session: Session, name: string, permission: Permission): Promise<void> {
  try {
    await call(
      { action: 'lambda:AddPermission', resource: `${name}:${ALIAS}` },
      () =>
        session.lambda.send(new AddPermissionCommand({ FunctionName: name, Qualifier: ALIAS, ...permission }), {
          abortSignal: session.ctx.signal,
        }),
      ['ResourceConflictException'],
    );
  } catch (error) {
    if (nameOf(error) !== 'ResourceConflictException') throw error;
  }
}

export async function revoke(session: Session, name: string, StatementId: string): Promise<void> {
  await orNull({ action: 'lambda:RemovePermission', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new RemovePermissionCommand({ FunctionName: name, Qualifier: ALIAS, StatementId }), {
      abortSignal: session.ctx.signal,
    }),
  );
}
