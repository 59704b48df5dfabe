/** The Function URL of the alias: closed to all but signed callers, unless the user opens it. */
import {
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  type FunctionUrlAuthType,
  GetFunctionUrlConfigCommand,
  type GetFunctionUrlConfigCommandOutput,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import { grant, readPolicy, revoke, type Statement } from './alias-policy.ts';
import { call, nameOf, orNull } from '../call.ts';
import type { AwsConfig } from '../config.ts';
import { type AwsCors, sameCors, toAws } from './cors.ts';
import { ALIAS } from '../names.ts';
import type { Session } from '../session.ts';

export interface UrlState {
  url: string;
  open: boolean;
  cors: AwsCors;
  /** Ids of the statements in the alias's policy. */
  statements: string[];
}

/**
 * What everyone needs to call an open one: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (both, since October 2025).
 * A closed one has no statement: callers of the account need both actions in a policy of their own, and a statement for the
 * account would give them neither.
 */
const EVERYONE = [
  { StatementId: 'mlfn-public-url', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' },
  { StatementId: 'mlfn-public-function', Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true },
] as const;

/** @param policy of the alias */
export async function observeUrl(session: Session, name: string, policy: Promise<Statement[]>): Promise<UrlState | null> {
  const [found, statements] = await Promise.all([readUrl(session, name), policy]);
  if (found?.FunctionUrl === undefined) return null;
  const ids = statements.map(({ Sid }) => Sid ?? '');
  return { url: found.FunctionUrl, open: found.AuthType === 'NONE', cors: found.Cors ?? {}, statements: ids };
}

function readUrl(session: Session, name: string): Promise<GetFunctionUrlConfigCommandOutput | null> {
  return orNull({ action: 'lambda:GetFunctionUrlConfig', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: name, Qualifier: ALIAS }), {
      abortSignal: session.ctx.signal,
    }),
  );
}

export function isRight(state: UrlState, config: Pick<AwsConfig, 'public' | 'cors'>): boolean {
  const granted = EVERYONE.filter(({ StatementId }) => state.statements.includes(StatementId)).length;
  return state.open === config.public && granted === (config.public ? EVERYONE.length : 0) && sameCors(state.cors, config.cors);
}

/** Closing takes the permissions away first, opening gives them last: at no moment is it more open than asked for. */
export async function ensureUrl(session: Session, name: string): Promise<void> {
  const open = session.config.public;
  if (!open) await closeToEveryone(session, name);
  await setUrl(session, name, (await readUrl(session, name)) !== null, open ? 'NONE' : 'AWS_IAM');
  if (!open) return;
  for (const permission of EVERYONE) await grant(session, name, permission);
  warnOpen(session, name);
}

export function warnOpen({ ctx }: Session, name: string): void {
  const text = `${name} IS OPEN: everyone on the internet may call it, and you pay for their calls.`;
  ctx.emit({ type: 'warning', text, hint: 'Close it with a deploy without --public.' });
}

async function closeToEveryone(session: Session, name: string): Promise<void> {
  const granted = (await readPolicy(session, name)).map(({ Sid }) => Sid);
  for (const { StatementId } of EVERYONE) if (granted.includes(StatementId)) await revoke(session, name, StatementId);
}

async function setUrl(session: Session, name: string, exists: boolean, AuthType: FunctionUrlAuthType): Promise<void> {
  const input = { FunctionName: name, Qualifier: ALIAS, AuthType };
  const { cors } = session.config;
  const signal = { abortSignal: session.ctx.signal };
  const resource = `${name}:${ALIAS}`;
  if (!exists) {
    const Cors = cors === undefined ? undefined : toAws(cors);
    try {
      await call(
        { action: 'lambda:CreateFunctionUrlConfig', resource },
        () => session.lambda.send(new CreateFunctionUrlConfigCommand({ ...input, Cors, InvokeMode: 'BUFFERED' }), signal),
        ['ResourceConflictException'],
      );
      return;
    } catch (error) {
      if (nameOf(error) !== 'ResourceConflictException') throw error;
    }
  }
  await call({ action: 'lambda:UpdateFunctionUrlConfig', resource }, () =>
    session.lambda.send(new UpdateFunctionUrlConfigCommand({ ...input, Cors: toAws(cors) }), signal),
  );
}

/** With what opened it: nothing is left that a later one would find. */
export async function removeUrl(session: Session, name: string): Promise<void> {
  await closeToEveryone(session, name);
  await orNull({ action: 'lambda:DeleteFunctionUrlConfig', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName: name, Qualifier: ALIAS }), {
      abortSignal: session.ctx.signal,
    }),
  );
}
