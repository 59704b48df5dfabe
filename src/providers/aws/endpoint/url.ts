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
import { toAws } from './cors.ts';
import { ALIAS } from '../names.ts';
import type { Session } from '../session.ts';
import { EVERYONE, type UrlState } from './url-state.ts';

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
