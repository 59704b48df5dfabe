/** Workers that are ready before a call comes. On the alias: they move with the traffic. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import { MlfnError } from '../../../errors.ts';
import { call, nameOf, orNull } from '../call.ts';
import { ALIAS } from '../names.ts';
import type { Session } from '../session.ts';

/** Workers are made at some hundred a minute: docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html */
const READY_WITHIN_MS = 900_000;
const POLL_MS = { first: 500, most: 5000 };

export interface Provisioned {
  wanted: number;
  status: string;
  reason: string | null;
}

export async function readProvisioned(session: Session, name: string): Promise<Provisioned | null> {
  const MISSING = ['ProvisionedConcurrencyConfigNotFoundException', 'ResourceNotFoundException'];
  try {
    const found = await call(
      { action: 'lambda:GetProvisionedConcurrencyConfig', resource: `${name}:${ALIAS}` },
      () =>
        session.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: ALIAS }), {
          abortSignal: session.ctx.signal,
        }),
      MISSING,
    );
    return { wanted: found.RequestedProvisionedConcurrentExecutions ?? 0, status: found.Status ?? '', reason: found.StatusReason ?? null };
  } catch (error) {
    if (MISSING.includes(nameOf(error))) return null;
    throw error;
  }
}

/** Until the workers are ready, calls are answered by workers that start as ever. */
export async function ensureProvisioned(session: Session, name: string): Promise<void> {
  const ProvisionedConcurrentExecutions = session.config.provisionedConcurrency;
  if ((await readProvisioned(session, name))?.wanted !== ProvisionedConcurrentExecutions) {
    await call({ action: 'lambda:PutProvisionedConcurrencyConfig', resource: `${name}:${ALIAS}` }, () =>
      session.lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: ALIAS, ProvisionedConcurrentExecutions }), {
        abortSignal: session.ctx.signal,
      }),
    );
  }
  await untilReady(session, name);
}

export async function removeProvisioned(session: Session, name: string): Promise<void> {
  await orNull({ action: 'lambda:DeleteProvisionedConcurrencyConfig', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: ALIAS }), {
      abortSignal: session.ctx.signal,
    }),
  );
}

/** @throws AWS_PROVISIONED when Lambda gives up, or takes longer than a quarter of an hour */
async function untilReady(session: Session, name: string): Promise<void> {
  const started = performance.now();
  for (let delay = POLL_MS.first; ; delay = Math.min(delay * 1.5, POLL_MS.most)) {
    const state = await readProvisioned(session, name);
    if (state?.status === 'READY') return;
    const waited = performance.now() - started;
    if (state === null || state.status === 'FAILED' || waited > READY_WITHIN_MS) throw unready(name, state);
    session.ctx.emit({ type: 'progress', text: `waiting for ${state.wanted} ready workers, ${Math.round(waited / 1000)} s` });
    await pause(delay, undefined, { signal: session.ctx.signal });
  }
}

function unready(name: string, state: { status: string; reason: string | null } | null): MlfnError {
  const why = state === null ? 'somebody took the setting away' : (state.reason ?? `it is still ${state.status}`);
  return new MlfnError('AWS_PROVISIONED', `The provisioned concurrency of ${name} is not ready: ${why}.`, {
    hint: 'The release is live, and starts workers when calls come. Lower --provisioned-concurrency, or deploy again later.',
    details: { function: name, status: state?.status ?? null },
  });
}
