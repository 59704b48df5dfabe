/**
 * A release becomes a published version: configuration, then code, then publish, each waited for, as Lambda asks
 * (docs.aws.amazon.com/lambda/latest/dg/functions-states.html). `$LATEST` is shared with whoever deploys at the same
 * minute: every call names the revision that it stands on, and what was published is looked at before it is believed.
 */
import {
  type Architecture,
  CreateFunctionCommand,
  type FunctionConfiguration,
  type GetFunctionCommandOutput,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { ReleaseDraft } from '../provider.ts';
import { patiently, until } from '../patience.ts';
import { call, nameOf, once, Patience } from './call.ts';
import { dataVariables } from '../data.ts';
import { modelVariables } from '../models.ts';
import { logGroupName, RELAY_VARIABLE, RELEASE_VARIABLE } from './names.ts';
import { notOurs } from './observe.ts';
import { type Code, isOf, startOf } from './code.ts';
import { storageFor } from './ephemeral.ts';
import type { Session } from './session.ts';
import { FRONT_TAG } from './settings/marks.ts';
import { configurationFor, type ReleaseSettings, secretsVariable, settingsOf } from './settings/release.ts';
import { relaySize } from './twin/relay.ts';
import { allTags } from './settings/tag-plan.ts';
import { deleteVersion, getFunction, gone, listVersions, toVersion, type Version } from './versions.ts';

/** Milliseconds: Lambda takes minutes for a snapshot, and to make a large image ready. */
const LONG_MS = 900_000;

export interface Wanted {
  name: string;
  number: number;
  draft: ReleaseDraft;
  role: string;
  code: Code;
  /** Folder of the function's models: `s3://bucket/prefix/`. */
  models: string;
  /** The function that hands the calls on, where `name` is a twin. */
  front?: string;
  /** ARN of the version that the calls are handed to. */
  relay?: string;
}

/**
 * @param assertClaimed throws when the release is not wanted any more: somebody removed the function meanwhile
 * @returns the version that holds exactly this release
 */
export async function publishVersion(session: Session, wanted: Wanted, assertClaimed: () => Promise<void>): Promise<Version> {
  const isLong = settingsFor(wanted).snapstart || wanted.code.form === 'image';
  const patience = new Patience(session, isLong ? LONG_MS : undefined);
  let tries = 0;
  // What mlfn's own role may do was put right by the plan, and only has to become known; another's stays as it is.
  let unpulled = 0;
  const willPass = (error: unknown) => (passes(error) && !(session.config.role !== undefined && lacksPermission(error))) || (cannotPull(error) && unpulled++ < PULL_TRIES);
  const published = await patiently(patience, 'a turn to update the function', willPass, async () => {
    if (tries++ > 0) await assertClaimed();
    const there = await getFunction(session, wanted.name);
    if (there?.Configuration === undefined) return publishLatest(session, wanted, await create(patience, wanted));
    assertRight(session, wanted, there);
    return (await takeUp(session, wanted)) ?? publishLatest(session, wanted, await update(patience, wanted, there.Configuration));
  }).catch((error: unknown) => {
    throw nameOf(error) === 'InvalidParameterValueException' ? refused(wanted.name, (error as Error).message, error) : error;
  });
  return active(patience, wanted, published);
}

/** The function is made of the other form, which it keeps: docs.aws.amazon.com/lambda/latest/dg/images-create.html */
export class OtherForm extends Error {}

/** @throws OtherForm, AWS_NOT_OURS where a twin's name is somebody else's */
function assertRight(session: Session, { name, code, front }: Wanted, { Configuration, Tags }: GetFunctionCommandOutput): void {
  if (front !== undefined && Tags?.[FRONT_TAG] !== front) throw notOurs(session, name, `Remove it, or deploy ${front} under another name.`);
  if ((Configuration?.PackageType === 'Image') !== (code.form === 'image')) throw new OtherForm();
}

/** Another deploy came between: the whole is begun again. */
class Overtaken extends Error {}

/** What an earlier try has published, however ready: no list tells. What else goes by the number is nobody's. */
async function takeUp(session: Session, wanted: Wanted): Promise<Version | null> {
  const known = (await listVersions(session, wanted.name)).filter(({ release }) => release === wanted.number);
  let right: Version | null = null;
  for (const each of known) {
    if (right === null && (await isThis(session, wanted, each))) right = each;
    else await deleteVersion(session, wanted.name, each.version);
  }
  return right === null ? null : { ...right, state: 'Pending' };
}

async function isThis(session: Session, { name, code, relay }: Wanted, version: Version): Promise<boolean> {
  if (version.relay !== (relay ?? null)) return false;
  // Whatever bytes the relay is of, it does the same.
  return relay !== undefined || isOf(session, name, version, code);
}

/** `$LATEST` as it is now holds this release and, when that is said, this code: whoever changes it from here on is noticed by its revision. */
function assertOwn(wanted: Wanted, latest: FunctionConfiguration, code?: string): FunctionConfiguration {
  const release = latest.Environment?.Variables?.[RELEASE_VARIABLE];
  if (release !== String(wanted.number) || (code !== undefined && code !== latest.CodeSha256)) throw new Overtaken();
  return latest;
}

/** Errors of docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html that time heals. */
function passes(error: unknown): boolean {
  if (error instanceof Overtaken) return true;
  const name = nameOf(error);
  if (name === 'ResourceConflictException' || name === 'PreconditionFailedException') return true;
  // A role is not known everywhere at once. A trust policy that is wrong was mended by the plan before.
  return name === 'InvalidParameterValueException' && /cannot be assumed/i.test((error as Error).message) || lacksPermission(error);
}

/** Tries of some seconds in all, as the repository's policy, which says that Lambda may pull, is not known everywhere at once either. */
const PULL_TRIES = 6;

/** "Lambda does not have permission to access the ECR image. Check the ECR permissions." */
function cannotPull(error: unknown): boolean {
  return error instanceof MlfnError && error.code === 'AWS_DENIED' && /access the ECR image/i.test((error.cause as Error | undefined)?.message ?? '');
}

/** "The provided execution role does not have permissions to call CreateNetworkInterface on EC2" */
function lacksPermission(error: unknown): boolean {
  return nameOf(error) === 'InvalidParameterValueException' && /does not have permissions to call/i.test((error as Error).message);
}

const PASSING = ['ResourceConflictException', 'PreconditionFailedException', 'InvalidParameterValueException'];

const MISSING = 'ResourceNotFoundException';

/** Passing errors keep their name for `passes`; an invalid parameter that will stay invalid is explained. */
async function attempt<T>(action: string, name: string, send: () => Promise<T>): Promise<T> {
  try {
    return await call({ action, resource: name }, send, [...PASSING, MISSING]);
  } catch (error) {
    if (nameOf(error) === MISSING) throw gone(name);
    if (nameOf(error) !== 'InvalidParameterValueException' || passes(error)) throw error;
    throw refused(name, (error as Error).message, error);
  }
}

function refused(name: string, why: string, cause?: unknown): MlfnError {
  return new MlfnError('AWS_REFUSED', `Lambda refuses ${name}: ${why}`, { hint: 'Mend the setting that it names, and deploy again.', cause });
}

function raise(error: Error): never {
  throw error;
}

async function create(patience: Patience, wanted: Wanted): Promise<FunctionConfiguration> {
  const { session } = patience;
  const { name, code, front } = wanted;
  const signal = { abortSignal: session.ctx.signal };
  const tags = { ...allTags(session.config.tags), ...(front === undefined ? {} : { [FRONT_TAG]: front }) };
  const made = await attempt('lambda:CreateFunction', name, () =>
    session.lambda.send(
      new CreateFunctionCommand({
        ...configurationOf(wanted),
        Code: code.source,
        PackageType: code.form === 'image' ? 'Image' : 'Zip',
        Architectures: [architectureFor(session, code)],
        Tags: tags,
      }),
      signal,
    ),
  );
  return assertOwn(wanted, await settled(patience, name), made.CodeSha256);
}

/** No update is under way. @throws AWS_REFUSED when Lambda could not do what it had accepted */
async function settled(patience: Patience, name: string): Promise<FunctionConfiguration> {
  const { Configuration: found } = await until(
    patience,
    `${name} to be updated`,
    async () => (await getFunction(patience.session, name)) ?? raise(gone(name)),
    ({ Configuration: now }) => now?.State !== 'Pending' && now?.LastUpdateStatus !== 'InProgress',
  );
  const failed = found?.State === 'Failed' ? found.StateReason : found?.LastUpdateStatus === 'Failed' ? found.LastUpdateStatusReason : undefined;
  if (failed !== undefined) throw refused(name, failed);
  return found ?? {};
}

async function update(patience: Patience, wanted: Wanted, before: FunctionConfiguration): Promise<FunctionConfiguration> {
  const { session } = patience;
  const { name, code } = wanted;
  const signal = { abortSignal: session.ctx.signal };
  const ready = before.LastUpdateStatus === 'InProgress' || before.State === 'Pending' ? await settled(patience, name) : before;
  let early = true;
  const configured = await configure(patience, wanted, ready).catch((error: unknown) => {
    if (code.form === 'image' || !isTooMuch(error)) throw error;
    early = false;
    return configure(patience, { ...wanted, code: { ...code, layers: [] } }, ready);
  });
  const { RevisionId } = assertOwn(wanted, configured);
  const { CodeSha256 } = await attempt('lambda:UpdateFunctionCode', name, () =>
    session.lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: name, ...code.source, Architectures: [architectureFor(session, code)], RevisionId }),
      signal,
    ),
  );
  const latest = assertOwn(wanted, await settled(patience, name), CodeSha256);
  return early ? latest : assertOwn(wanted, await configure(patience, wanted, latest), CodeSha256);
}

async function configure(patience: Patience, wanted: Wanted, before: FunctionConfiguration): Promise<FunctionConfiguration> {
  const { session } = patience;
  const { RevisionId } = before;
  const input = { ...configurationOf(wanted, before), RevisionId };
  await attempt('lambda:UpdateFunctionConfiguration', wanted.name, () =>
    session.lambda.send(new UpdateFunctionConfigurationCommand(input), { abortSignal: session.ctx.signal }),
  );
  return settled(patience, wanted.name);
}

/**
 * "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes.": the old code with the new layer,
 * as after a release that had everything in one zip. The code goes first then (github.com/aws/aws-cdk/issues/8446).
 */
function isTooMuch(error: unknown): boolean {
  return error instanceof MlfnError && error.code === 'AWS_REFUSED' && /combined with layers exceeds|unzipped size must be smaller/i.test(error.message);
}

async function publishLatest(session: Session, wanted: Wanted, { CodeSha256, RevisionId }: FunctionConfiguration): Promise<Version> {
  const { name, number } = wanted;
  const input = { FunctionName: name, CodeSha256, RevisionId, Description: `release ${number}` };
  const send = async () => toVersion(await session.lambdaOnce.send(new PublishVersionCommand(input), { abortSignal: session.ctx.signal }));
  const need = { action: 'lambda:PublishVersion', resource: name };
  const version = await attempt(need.action, name, () => once(session, need, send, () => takeUp(session, wanted)));
  if (version === null || version.release !== number) throw new Overtaken();
  // A deploy of the very same release may have published it at the same moment: one of the two stays.
  const kept = await takeUp(session, wanted);
  return kept === null || kept.version === version.version ? version : kept;
}

async function active(patience: Patience, wanted: Wanted, published: Version): Promise<Version> {
  if (published.state === 'Active') return published;
  const { name } = wanted;
  const snapshot = settingsFor(wanted).snapstart;
  if (snapshot) patience.session.ctx.emit({ type: 'progress', text: 'Lambda starts the function and takes the snapshot, which takes minutes' });
  const found = await until(
    patience,
    snapshot ? 'the snapshot' : `version ${published.version} to be ready`,
    async () => (await getFunction(patience.session, name, published.version)) ?? raise(gone(name)),
    ({ Configuration: now }) => now?.State !== 'Pending',
  );
  if (found.Configuration?.State === 'Failed') throw refused(name, found.Configuration.StateReason ?? 'the version failed to start');
  return published;
}

/** What a version is made of besides its code: for create, and for update, where `before` is what `$LATEST` has. */
function configurationOf(wanted: Wanted, before?: FunctionConfiguration) {
  const { name, draft, role, code, front } = wanted;
  return {
    FunctionName: name,
    Description: `${draft.model.file}, served by mlfn`,
    Role: role,
    ...startOf(code, before),
    // The lines of a twin are told with those of its function.
    ...(front === undefined ? {} : { LoggingConfig: { LogFormat: 'Text' as const, LogGroup: logGroupName(front) } }),
    ...(wanted.relay === undefined ? ownSize(draft) : relaySize(draft)),
    Environment: { Variables: { ...(wanted.relay === undefined ? ownVariables(wanted) : { [RELAY_VARIABLE]: wanted.relay }), [RELEASE_VARIABLE]: String(wanted.number) } },
    ...configurationFor(settingsFor(wanted), before),
  };
}

function ownSize(draft: ReleaseDraft) {
  const { memory, timeout } = draft.settings;
  return { MemorySize: memory, Timeout: timeout, EphemeralStorage: { Size: storageFor(draft) } };
}

function ownVariables({ draft, models, number }: Wanted): Record<string, string> {
  const { settings } = draft;
  return { ...settings.env, ...modelVariables(models, draft, number), ...dataVariables(settings), ...secretsVariable(settingsOf(draft)) };
}

/** Of what hands calls on only the traces are: it needs no network of the user's, and holds nothing to encrypt. */
function settingsFor({ draft, relay }: Wanted): ReleaseSettings {
  const { architecture, tracing, ...more } = settingsOf(draft);
  return { architecture, ...(tracing ? { tracing } : {}), ...(relay === undefined ? more : {}) };
}

function architectureFor({ config }: Session, code: Code): Architecture {
  return (code.form === 'image' ? code.architecture : null) ?? config.architecture;
}
