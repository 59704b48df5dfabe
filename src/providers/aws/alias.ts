/** The alias `live`: which version gets the traffic. Moving it is one atomic call. */
import { CreateAliasCommand, GetAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda';
import { call, nameOf, orNull } from './call.ts';
import { ALIAS } from './names.ts';
import type { Session } from './session.ts';

export interface Traffic {
  version: string;
  /** Version and share (0 to 1) of a canary. */
  canary: { version: string; weight: number } | null;
}

export async function readTraffic(session: Session, name: string): Promise<Traffic | null> {
  const alias = await orNull({ action: 'lambda:GetAlias', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new GetAliasCommand({ FunctionName: name, Name: ALIAS }), { abortSignal: session.ctx.signal }),
  );
  if (alias?.FunctionVersion === undefined) return null;
  const [canary] = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  return { version: alias.FunctionVersion, canary: canary === undefined ? null : { version: canary[0], weight: canary[1] } };
}

/** Weights that an earlier canary left are cleared by the same call. */
export async function moveTraffic(session: Session, name: string, to: Traffic): Promise<void> {
  const input = {
    FunctionName: name,
    Name: ALIAS,
    FunctionVersion: to.version,
    RoutingConfig: { AdditionalVersionWeights: to.canary === null ? {} : { [to.canary.version]: to.canary.weight } },
  };
  // Not ended by Ctrl-C in the middle: it is one call, and its outcome is to be known.
  const updated = await orNull({ action: 'lambda:UpdateAlias', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new UpdateAliasCommand(input)),
  );
  if (updated !== null) return;
  try {
    await call(
      { action: 'lambda:CreateAlias', resource: `${name}:${ALIAS}` },
      () => session.lambda.send(new CreateAliasCommand(input)),
      ['ResourceConflictException'],
    );
  } catch (error) {
    if (nameOf(error) !== 'ResourceConflictException') throw error;
    await moveTraffic(session, name, to);
  }
}
