/** The function's own role: what its code may do, and nothing else. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { MlfnError } from '../../errors.ts';
import { call, nameOf, orNull } from './call.ts';
import { logGroupName, modelsPrefix, roleName, TAG, TAG_VALUE } from './names.ts';
import type { Session } from './session.ts';
import type { ReleaseDraft } from '../provider.ts';
import { grantsOf, type Grounds } from './settings/grants.ts';
import { listRecords } from './storage/records.ts';
import { getFunction } from './versions.ts';
import type { Place } from './settings/references.ts';

const POLICY = 'mlfn';
const VERSION = '2012-10-17';
const TRUST = {
  Version: VERSION,
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export interface RoleState {
  name: string;
  exists: boolean;
  /** Whether it lets Lambda in, and allows what every function must. */
  right: boolean;
  /** Its other statements, JSON each. */
  more: string[];
  place: Place;
}

export async function observeRole(session: Session, name: string): Promise<RoleState> {
  const own = roleName(name, session.region);
  const resource = await roleArn(session, name);
  const role = await orNull({ action: 'iam:GetRole', resource }, () =>
    session.iam.send(new GetRoleCommand({ RoleName: own }), { abortSignal: session.ctx.signal }),
  );
  const place = await placeOf(session);
  if (role?.Role === undefined) return { name: own, exists: false, right: false, more: [], place };
  const policy = await orNull({ action: 'iam:GetRolePolicy', resource }, () =>
    session.iam.send(new GetRolePolicyCommand({ RoleName: own, PolicyName: POLICY }), { abortSignal: session.ctx.signal }),
  );
  const trusts = same(role.Role.AssumeRolePolicyDocument, TRUST);
  const found = statementsOf(policy?.PolicyDocument);
  const base = await baseOf(session, name);
  const right = trusts && JSON.stringify(found.slice(0, base.length)) === JSON.stringify(base);
  return { name: own, exists: true, right, more: found.slice(base.length).map((each) => JSON.stringify(each)), place };
}

/** For the draft, where there is one, and all that is recorded. */
export async function ensureRoleOf(session: Session, name: string, draft?: ReleaseDraft): Promise<void> {
  const [kept, found] = await Promise.all([listRecords(session, name), getFunction(session, name)]);
  const front = found === null ? null : found.Configuration?.PackageType === 'Image' ? 'image' : 'zip';
  await ensureRole(session, name, { releases: [...(draft === undefined ? [] : [draft]), ...kept.map(({ record }) => record)], front });
}

/** Makes it, or mends what a killed deploy or a hand left wrong. */
async function ensureRole(session: Session, name: string, grounds: Grounds): Promise<void> {
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
  const Statement = [...(await baseOf(session, name)), ...grantsOf(await placeOf(session), name, grounds)];
  const PolicyDocument = JSON.stringify({ Version: VERSION, Statement });
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

/** A role of the user's own: who may not look for it waits on. @throws AWS_REFUSED when there is none */
export async function assertGiven(session: Session, arn: string): Promise<void> {
  const command = new GetRoleCommand({ RoleName: arn.split('/').at(-1) });
  const found = await orNull({ action: 'iam:GetRole', resource: arn }, () => session.iam.send(command, { abortSignal: session.ctx.signal })).catch((error: unknown) => {
    if (error instanceof MlfnError && error.code === 'AWS_DENIED') return undefined;
    throw error;
  });
  if (found !== null) return;
  throw new MlfnError('AWS_REFUSED', `The role ${arn} does not exist.`, { hint: 'Name one that exists with --role, or leave it out: mlfn makes one.' });
}

/** Its own log group, which exists already: logs:CreateLogGroup would bring back a deleted one without retention. */
async function baseOf(session: Session, name: string): Promise<unknown[]> {
  const { partition, region } = session;
  const models = `arn:${partition}:s3:::${await session.bucket()}/${modelsPrefix(name)}*`;
  const group = `arn:${partition}:logs:${region}:${await session.account()}:log-group:${logGroupName(name)}`;
  return [
    { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${group}:*` },
    { Effect: 'Allow', Action: 's3:GetObject', Resource: models },
  ];
}

async function placeOf({ partition, region, account }: Session): Promise<Place> {
  return { partition, region, account: await account() };
}

function same(document: string | undefined, wanted: unknown): boolean {
  return JSON.stringify(parsed(document)) === JSON.stringify(wanted);
}

function statementsOf(document: string | undefined): unknown[] {
  const { Statement = [] } = (parsed(document) ?? {}) as { Statement?: unknown };
  return [Statement].flat();
}

/** IAM gives documents back percent-encoded (RFC 3986). Null for what a hand left that is no JSON. */
function parsed(document: string | undefined): unknown {
  try {
    return JSON.parse(decodeURIComponent(document ?? 'null'));
  } catch {
    return null;
  }
}
