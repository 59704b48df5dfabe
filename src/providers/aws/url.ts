/** The Function URL of the alias: closed to all but signed callers, unless the user opens it. */
import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  type FunctionUrlAuthType,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  RemovePermissionCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import { call, nameOf, orNull } from './call.ts';
import { ALIAS } from './names.ts';
import type { Session } from './session.ts';

export interface UrlState {
  url: string;
  open: boolean;
  /** Ids of the statements in the alias's policy. */
  statements: string[];
}

interface Statement {
  id: string;
  action: 'lambda:InvokeFunctionUrl' | 'lambda:InvokeFunction';
}

/** Since October 2025 a caller needs both: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
const STATEMENTS: Record<'open' | 'closed', readonly [Statement, Statement]> = {
  open: [
    { id: 'mlfn-public-url', action: 'lambda:InvokeFunctionUrl' },
    { id: 'mlfn-public-function', action: 'lambda:InvokeFunction' },
  ],
  closed: [
    { id: 'mlfn-account-url', action: 'lambda:InvokeFunctionUrl' },
    { id: 'mlfn-account-function', action: 'lambda:InvokeFunction' },
  ],
};

export async function observeUrl(session: Session, name: string): Promise<UrlState | null> {
  const input = { FunctionName: name, Qualifier: ALIAS };
  const signal = { abortSignal: session.ctx.signal };
  const resource = `${name}:${ALIAS}`;
  const [found, policy] = await Promise.all([
    orNull({ action: 'lambda:GetFunctionUrlConfig', resource }, () =>
      session.lambda.send(new GetFunctionUrlConfigCommand(input), signal),
    ),
    orNull({ action: 'lambda:GetPolicy', resource }, () => session.lambda.send(new GetPolicyCommand(input), signal)),
  ]);
  if (found?.FunctionUrl === undefined) return null;
  const statements = JSON.parse(policy?.Policy ?? '{"Statement": []}').Statement as { Sid?: string }[];
  return { url: found.FunctionUrl, open: found.AuthType === 'NONE', statements: statements.map(({ Sid }) => Sid ?? '') };
}

export function isRight(state: UrlState, open: boolean): boolean {
  const [wanted, other] = open ? [STATEMENTS.open, STATEMENTS.closed] : [STATEMENTS.closed, STATEMENTS.open];
  const has = ({ id }: Statement) => state.statements.includes(id);
  return state.open === open && wanted.every(has) && !other.some(has);
}

/** Closing takes the permissions away first, opening gives them last: at no moment is it more open than asked for. */
export async function ensureUrl(session: Session, name: string): Promise<void> {
  const open = session.config.public;
  const state = await observeUrl(session, name);
  for (const { id } of open ? STATEMENTS.closed : STATEMENTS.open) await revoke(session, name, id);
  await setUrl(session, name, state, open ? 'NONE' : 'AWS_IAM');
  for (const statement of open ? STATEMENTS.open : STATEMENTS.closed) await grant(session, name, statement, open);
}

async function setUrl(session: Session, name: string, state: UrlState | null, AuthType: FunctionUrlAuthType): Promise<void> {
  const input = { FunctionName: name, Qualifier: ALIAS, AuthType };
  const signal = { abortSignal: session.ctx.signal };
  const resource = `${name}:${ALIAS}`;
  if (state === null) {
    try {
      await call(
        { action: 'lambda:CreateFunctionUrlConfig', resource },
        () => session.lambda.send(new CreateFunctionUrlConfigCommand({ ...input, InvokeMode: 'BUFFERED' }), signal),
        ['ResourceConflictException'],
      );
      return;
    } catch (error) {
      if (nameOf(error) !== 'ResourceConflictException') throw error;
    }
  }
  await call({ action: 'lambda:UpdateFunctionUrlConfig', resource }, () =>
    session.lambda.send(new UpdateFunctionUrlConfigCommand(input), signal),
  );
}

async function grant(session: Session, name: string, { id, action }: Statement, open: boolean): Promise<void> {
  const viaUrl = action === 'lambda:InvokeFunctionUrl';
  try {
    await call(
      { action: 'lambda:AddPermission', resource: `${name}:${ALIAS}` },
      async () =>
        session.lambda.send(
          new AddPermissionCommand({
            FunctionName: name,
            Qualifier: ALIAS,
            StatementId: id,
            Action: action,
            // The account: its own policies say who of its people may call.
            Principal: open ? '*' : await session.account(),
            ...(viaUrl ? { FunctionUrlAuthType: open ? 'NONE' : 'AWS_IAM' } : { InvokedViaFunctionUrl: true }),
          }),
          { abortSignal: session.ctx.signal },
        ),
      ['ResourceConflictException'],
    );
  } catch (error) {
    if (nameOf(error) !== 'ResourceConflictException') throw error;
  }
}

async function revoke(session: Session, name: string, StatementId: string): Promise<void> {
  await orNull({ action: 'lambda:RemovePermission', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new RemovePermissionCommand({ FunctionName: name, Qualifier: ALIAS, StatementId }), {
      abortSignal: session.ctx.signal,
    }),
  );
}

/** Before the function itself: what is gone first cannot be called in between. */
export async function removeUrl(session: Session, name: string): Promise<void> {
  await orNull({ action: 'lambda:DeleteFunctionUrlConfig', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName: name, Qualifier: ALIAS }), {
      abortSignal: session.ctx.signal,
    }),
  );
}
