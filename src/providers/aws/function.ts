/**
 * A release becomes a published version: configuration, then code, then publish, each waited for, as Lambda asks
 * (docs.aws.amazon.com/lambda/latest/dg/functions-states.html). `$LATEST` is shared with whoever deploys at the same
 * minute: every call names the revision that it stands on, and what was published is looked at before it is believed.
 */
import {
  CreateFunctionCommand,
  type FunctionConfiguration,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { ReleaseDraft } from '../provider.ts';
import { call, nameOf, patiently } from './call.ts';
import { MODEL_VARIABLE, objectKey, RELEASE_VARIABLE, TAG, TAG_VALUE } from './names.ts';
import { storageFor } from './ephemeral.ts';
import type { Session } from './session.ts';
import { configurationFor, secretsVariable, settingsOf } from './settings/release.ts';
import { deleteVersion, getFunction, toVersion, type Version } from './versions.ts';

const HANDLER = 'mlfn_serve.entry.handler';
/** Seconds. A function with a large package is pending for half a minute. */
const WAIT = { minDelay: 1, maxDelay: 5, maxWaitTime: 300 };
const SNAPSHOT_SECONDS = 900;

export interface Wanted {
  name: string;
  number: number;
  draft: ReleaseDraft;
  role: string;
  layers: string[];
  /** Where the model is, when it is not in the package: `s3://bucket/key`. */
  modelUri: string | null;
}

/** @returns the version that holds exactly this release */
export async function publishVersion(session: Session, wanted: Wanted): Promise<Version> {
  return patiently(session, 'a turn to update the function', passes, async () => {
    const there = await getFunction(session, wanted.name);
    const latest =
      there?.Configuration === undefined ? await create(session, wanted) : await update(session, wanted, there.Configuration);
    const published = await publishLatest(session, wanted, latest);
    if (published.release === wanted.number && published.codeSha256 === latest.CodeSha256) return published;
    // Between two of our calls somebody else's went through: theirs is none of ours to keep as release N.
    if (published.release === wanted.number) await deleteVersion(session, wanted.name, published.version);
    throw new Overtaken();
  });
}

/** Another deploy came between: the whole is begun again. */
class Overtaken extends Error {}

/** Errors of docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html that time heals. */
function passes(error: unknown): boolean {
  if (error instanceof Overtaken) return true;
  const name = nameOf(error);
  if (name === 'ResourceConflictException' || name === 'PreconditionFailedException') return true;
  // A role is not known everywhere at once. A trust policy that is wrong was mended by the plan before.
  return name === 'InvalidParameterValueException' && /cannot be assumed|does not have permissions to call/i.test((error as Error).message);
}

const PASSING = ['ResourceConflictException', 'PreconditionFailedException', 'InvalidParameterValueException'];

/** Passing errors keep their name for `passes`; an invalid parameter that will stay invalid is explained. */
async function attempt<T>(action: string, name: string, send: () => Promise<T>): Promise<T> {
  try {
    return await call({ action, resource: name }, send, PASSING);
  } catch (error) {
    if (nameOf(error) !== 'InvalidParameterValueException' || passes(error)) throw error;
    throw new MlfnError('AWS_REFUSED', `Lambda refuses ${name}: ${(error as Error).message}`, {
      hint: 'Mend the setting that it names, and deploy again.',
      cause: error,
    });
  }
}

async function create(session: Session, wanted: Wanted): Promise<FunctionConfiguration> {
  const { name, draft } = wanted;
  const Code = { S3Bucket: await session.bucket(), S3Key: objectKey(draft.artifacts.function) };
  const signal = { abortSignal: session.ctx.signal };
  const tags = { ...session.config.tags, [TAG]: TAG_VALUE };
  const made = await attempt('lambda:CreateFunction', name, () =>
    session.lambda.send(
      new CreateFunctionCommand({
        ...configurationOf(wanted),
        ...configurationFor(settingsOf(draft)),
        Code,
        PackageType: 'Zip',
        Architectures: [session.config.architecture],
        Tags: tags,
      }),
      signal,
    ),
  );
  await waitUntilFunctionActiveV2({ client: session.lambda, ...WAIT, ...signal }, { FunctionName: name });
  return { ...made, ...(await getFunction(session, name))?.Configuration };
}

async function update(session: Session, wanted: Wanted, before: FunctionConfiguration): Promise<FunctionConfiguration> {
  const { name, draft } = wanted;
  const signal = { abortSignal: session.ctx.signal };
  const settle = async () => {
    await waitUntilFunctionUpdatedV2({ client: session.lambda, ...WAIT, ...signal }, { FunctionName: name });
    return (await getFunction(session, name))?.Configuration ?? before;
  };
  const settled = before.LastUpdateStatus === 'InProgress' ? await settle() : before;
  await attempt('lambda:UpdateFunctionConfiguration', name, () =>
    session.lambda.send(
      new UpdateFunctionConfigurationCommand({
        ...configurationOf(wanted),
        ...configurationFor(settingsOf(draft), settled),
        RevisionId: settled.RevisionId,
      }),
      signal,
    ),
  );
  const configured = await settle();
  const source = { S3Bucket: await session.bucket(), S3Key: objectKey(draft.artifacts.function) };
  await attempt('lambda:UpdateFunctionCode', name, () =>
    session.lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: name,
        ...source,
        Architectures: [session.config.architecture],
        RevisionId: configured.RevisionId,
      }),
      signal,
    ),
  );
  return settle();
}

async function publishLatest(session: Session, wanted: Wanted, latest: FunctionConfiguration): Promise<Version> {
  const { name, number } = wanted;
  const signal = { abortSignal: session.ctx.signal };
  const made = await attempt('lambda:PublishVersion', name, () =>
    session.lambda.send(
      new PublishVersionCommand({
        FunctionName: name,
        CodeSha256: latest.CodeSha256,
        RevisionId: latest.RevisionId,
        Description: `release ${number}`,
      }),
      signal,
    ),
  );
  const snapshot = settingsOf(wanted.draft).snapstart;
  if (snapshot) session.ctx.emit({ type: 'progress', text: 'Lambda starts the function and takes the snapshot, which takes minutes' });
  await waitUntilPublishedVersionActive(
    { client: session.lambda, ...WAIT, ...(snapshot ? { maxWaitTime: SNAPSHOT_SECONDS } : {}), ...signal },
    { FunctionName: name, Qualifier: made.Version },
  );
  const version = toVersion(made);
  if (version === null) throw new Overtaken();
  return version;
}

/** What a version is made of besides its code: the same input for create and update. */
function configurationOf({ name, number, draft, role, layers, modelUri }: Wanted) {
  const { settings, lock } = draft;
  return {
    FunctionName: name,
    Description: `${draft.model.file}, served by mlfn`,
    Role: role,
    Handler: HANDLER,
    Runtime: `python${lock.python}` as never,
    MemorySize: settings.memory,
    Timeout: settings.timeout,
    Layers: layers,
    EphemeralStorage: { Size: storageFor(draft) },
    Environment: {
      Variables: {
        ...settings.env,
        ...(modelUri === null ? {} : { [MODEL_VARIABLE]: modelUri }),
        ...secretsVariable(settingsOf(draft)),
        [RELEASE_VARIABLE]: String(number),
      },
    },
  };
}

