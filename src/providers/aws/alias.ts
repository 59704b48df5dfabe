/** The alias `live`: which version gets the traffic. Moving it is one atomic call. */
import { CreateAliasCommand, GetAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda';
import { patiently } from '../patience.ts';
import { call, nameOf, orNull, Patience } from './call.ts';
import { ALIAS } from './names.ts';
import type { Session } from './session.ts';
import { gone } from './versions.ts';

export interface Traffic {
  version: string;
  /** Version and share (0 to 1) of a canary. */
  canary: { version: string; weight: number } | null;
}

export async function readTraffic(session: Session, name: string): Promise<Traffic | null> {
  return (await readAlias(session, name))?.traffic ?? null;
}

async function readAlias(session: Session, name: string): Promise<{ traffic: Traffic; revision: string | undefined } | null> {
  const alias = await orNull({ action: 'lambda:GetAlias', resource: `${name}:${ALIAS}` }, () =>
    session.lambda.send(new GetAliasCommand({ FunctionName: name, Name: ALIAS }), { abortSignal: session.ctx.signal }),
  );
  if (alias?.FunctionVersion === undefined) return null;
  const [canary] = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  const traffic = { version: alias.FunctionVersion, canary: canary === undefined ? null : { version: canary[0], weight: canary[1] } };
  return { traffic, revision: alias.RevisionId };
}

/** Another command moved the traffic between our look and our call. */
const MOVED = ['PreconditionFailedException', 'ResourceConflictException'];

/**
 * Weights that an earlier canary left are cleared by the same call.
 * @param to from what the alias says now; null leaves it so
 */
export async function moveTraffic(session: Session, name: string, to: (now: Traffic | null) => Promise<Traffic | null>): Promise<void> {
  await patiently(new Patience(session), 'a turn to move the traffic', (error) => MOVED.includes(nameOf(error)), async () => {
    const alias = await readAlias(session, name);
    const wanted = await to(alias?.traffic ?? null);
    if (wanted !== null && !same(wanted, alias?.traffic)) await point(session, name, wanted, alias);
  });
}

/** Not ended by Ctrl-C in the middle: it is one call, and its outcome is to be known. */
async function point(session: Session, name: string, { version, canary }: Traffic, alias: { revision: string | undefined } | null): Promise<void> {
  const RoutingConfig = { AdditionalVersionWeights: canary === null ? {} : { [canary.version]: canary.weight } };
  const input = { FunctionName: name, Name: ALIAS, FunctionVersion: version, RoutingConfig };
  const resource = `${name}:${ALIAS}`;
  const done =
    alias === null
      ? call({ action: 'lambda:CreateAlias', resource }, () => session.lambda.send(new CreateAliasCommand(input)), [...MOVED, MISSING])
      : call({ action: 'lambda:UpdateAlias', resource }, () => session.lambda.send(new UpdateAliasCommand({ ...input, RevisionId: alias.revision })), [...MOVED, MISSING]);
  try {
    await done;
  } catch (error) {
    throw nameOf(error) === MISSING ? gone(name) : error;
  }
}

const MISSING = 'ResourceNotFoundException';

function same(one: Traffic, other: Traffic | undefined): boolean {
  return one.version === other?.version && one.canary?.version === other.canary?.version && one.canary?.weight === other.canary?.weight;
}
