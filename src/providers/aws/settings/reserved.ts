/** How many calls of a function may run at once. */
import { DeleteFunctionConcurrencyCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { call, orNull } from '../call.ts';
import type { Session } from '../session.ts';

export async function ensureReserved(session: Session, FunctionName: string): Promise<void> {
  const ReservedConcurrentExecutions = session.config.reservedConcurrency;
  await call({ action: 'lambda:PutFunctionConcurrency', resource: FunctionName }, () =>
    session.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }), { abortSignal: session.ctx.signal }),
  );
}

export async function removeReserved(session: Session, FunctionName: string): Promise<void> {
  await orNull({ action: 'lambda:DeleteFunctionConcurrency', resource: FunctionName }, () =>
    session.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }), { abortSignal: session.ctx.signal }),
  );
}
