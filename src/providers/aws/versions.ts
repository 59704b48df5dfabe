/** Published versions: immutable, each with the number of its release among its variables. */
import {
  DeleteFunctionCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import { nameOf, orNull } from './call.ts';
import { RELAY_VARIABLE, RELEASE_VARIABLE } from './names.ts';
import type { Session } from './session.ts';

export interface Version {
  /** Of its function. */
  name: string;
  /** `7`; Lambda never gives a number twice. */
  version: string;
  release: number;
  codeSha256: string;
  layers: string[];
  /** ARN of the version that it hands its calls to; null where it answers them itself. */
  relay: string | null;
  state: string;
}

/** `$LATEST` when no version is named. */
export async function getFunction(session: Session, name: string, version?: string): Promise<GetFunctionCommandOutput | null> {
  return orNull({ action: 'lambda:GetFunction', resource: name }, () =>
    session.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: version }), { abortSignal: session.ctx.signal }),
  );
}

/** Somebody removed it while it was worked on. */
export function gone(name: string): MlfnError {
  return new MlfnError('AWS_GONE', `${name} was removed by another command meanwhile.`, {
    hint: 'See what there is with `mlfn status`, and deploy again if it is to be there.',
  });
}

/** Newest last; versions that no release stands behind are left out. */
export async function listVersions(session: Session, name: string): Promise<Version[]> {
  const found: Version[] = [];
  let Marker: string | undefined;
  do {
    const page = await orNull({ action: 'lambda:ListVersionsByFunction', resource: name }, () =>
      session.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name, Marker }), { abortSignal: session.ctx.signal }),
    );
    if (page === null) throw gone(name);
    found.push(...(page.Versions ?? []).map(toVersion).filter((each) => each !== null));
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== '');
  return found;
}

/** False where an alias refers to it by now: docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html (Qualifier). */
export async function deleteVersion(session: Session, name: string, version: string): Promise<boolean> {
  const command = new DeleteFunctionCommand({ FunctionName: name, Qualifier: version });
  const send = () => session.lambda.send(command, { abortSignal: session.ctx.signal });
  try {
    await orNull({ action: 'lambda:DeleteFunction', resource: `${name}:${version}` }, send, [REFERRED]);
    return true;
  } catch (error) {
    if (nameOf(error) !== REFERRED) throw error;
    return false;
  }
}

const REFERRED = 'ResourceConflictException';

export function toVersion(configuration: FunctionConfiguration): Version | null {
  const { FunctionName = '', Version, Environment, CodeSha256, Layers, State } = configuration;
  const release = Number(Environment?.Variables?.[RELEASE_VARIABLE]);
  if (Version === undefined || Version === '$LATEST' || !Number.isInteger(release) || release < 1) return null;
  const layers = (Layers ?? []).map((layer) => layer.Arn ?? '');
  const relay = Environment?.Variables?.[RELAY_VARIABLE] ?? null;
  return { name: FunctionName, version: Version, release, codeSha256: CodeSha256 ?? '', layers, relay, state: State ?? 'Active' };
}
