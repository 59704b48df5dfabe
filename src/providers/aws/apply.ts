/** The steps of a plan, done. Each can be repeated after a kill. */
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { Done, ReleaseDraft, Step } from '../provider.ts';
import { moveTraffic, readTraffic } from './alias.ts';
import { orNull } from './call.ts';
import { ensureHttpApi, removeHttpApi } from './endpoint.ts';
import { publishVersion } from './function.ts';
import { collectLayers, findLayer } from './layers.ts';
import { ensureLogGroup, removeLogGroup } from './log-group.ts';
import { layerName, modelsPrefix } from './names.ts';
import { see } from './observe.ts';
import { collectModels, EMPTY_PART, storePart } from './parts.ts';
import { ensureRole, removeRole, roleArn } from './role.ts';
import type { Session } from './session.ts';
import { settingsOf } from './settings/release.ts';
import { ensureBucket } from './storage/bucket.ts';
import { collectObjects } from './storage/objects.ts';
import { claimNumber, deleteHistory, deleteRecord, listAllRecords, listRecords, writeVerified } from './storage/records.ts';
import { ensureUrl, removeUrl } from './url.ts';
import { deleteVersion, listVersions } from './versions.ts';

const ENSURE: Record<string, (session: Session, name: string, done: Done) => Promise<void>> = {
  bucket: ensureBucket,
  role: async (session, name, { draft }) => {
    const kept = await listRecords(session, name);
    await ensureRole(session, name, [...(draft === undefined ? [] : [draft]), ...kept.map(({ record }) => record)].map(settingsOf));
  },
  'log group': ensureLogGroup,
  endpoint: ensureUrl,
  'HTTP API': ensureHttpApi,
};
const REMOVE: Record<string, (session: Session, name: string) => Promise<void>> = { endpoint: removeUrl, 'HTTP API': removeHttpApi };
const DOING = { create: 'making', update: 'mending', remove: 'removing' } as const;

export async function apply(session: Session, step: Step, done: Done): Promise<Done> {
  switch (step.kind) {
    case 'ensure':
      session.ctx.emit({ type: 'progress', text: `${DOING[step.change]} the ${step.resource} ${step.name}` });
      await (step.change === 'remove' ? REMOVE : ENSURE)[step.resource]?.(session, done.name, done);
      return done;
    case 'store': {
      const claimed = await claim(session, done);
      await storePart(session, step.part, claimed);
      return claimed;
    }
    case 'publish':
      return publish(session, step.draft, await claim(session, done));
    case 'verify':
      return done; // The pipeline's own, through `invoke`.
    case 'switch':
      await switchTo(session, step, done);
      return done;
    case 'prune':
      await prune(session, done.name, step.keep);
      return done;
    case 'remove':
      await remove(session, step.name);
      return done;
  }
}

/** Numbers that this process took, also when the step that took one failed afterwards. */
const claimed = new WeakMap<ReleaseDraft, number>();

/** The number comes first: what is stored from now on is named by a record, and nobody collects it meanwhile. */
async function claim(session: Session, done: Done): Promise<Done> {
  if (done.candidate !== undefined || done.draft === undefined) return done;
  const { digest } = done.draft;
  const left = (await listRecords(session, done.name)).find((each) => each.verified === null && each.record.digest === digest);
  const number = left?.record.number ?? (await claimNumber(session, done.name, done.draft));
  claimed.set(done.draft, number);
  return { ...done, candidate: { number } };
}

async function publish(session: Session, draft: ReleaseDraft, done: Done): Promise<Done> {
  const number = done.candidate!.number;
  const { name } = done;
  // Stored already by an earlier plan, or collected since: without them Lambda would refuse.
  for (const part of ['dependencies', 'function', 'model'] as const) {
    if (draft.artifacts[part] !== EMPTY_PART) await storePart(session, part, done);
  }
  const { versions } = await see(session, name);
  if (versions.some(({ release }) => release === number)) return done;
  const layer = draft.artifacts.dependencies === EMPTY_PART ? null : await findLayer(session, draft.artifacts.dependencies);
  session.ctx.emit({ type: 'progress', text: `publishing release ${number}` });
  await publishVersion(session, {
    name,
    number,
    draft,
    role: await roleArn(session, name),
    layers: layer === null ? [] : [layer],
    modelUri: draft.artifacts.model === undefined ? null : `s3://${await session.bucket()}/${modelsPrefix(name)}${draft.artifacts.model}`,
  });
  return done;
}

async function switchTo(session: Session, step: Extract<Step, { kind: 'switch' }>, done: Done): Promise<void> {
  const { name, candidate, verification, sample } = done;
  const number = step.number ?? candidate?.number;
  const versions = await listVersions(session, name);
  const versionOf = (release: number | null | undefined) => versions.find((each) => each.release === release)?.version;
  const version = versionOf(number);
  if (number === undefined || version === undefined) {
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${number ?? '?'} of ${name}.`, {
      hint: 'Another command may have removed it: see `mlfn releases`.',
    });
  }
  if (verification !== undefined) await writeVerified(session, name, number, { verification, sample: sample ?? null });
  const from = versionOf(step.from);
  const shared = step.percent !== undefined && from !== undefined;
  await moveTraffic(session, name, shared ? { version: from, canary: { version, weight: step.percent! / 100 } } : { version, canary: null });
}

/** Keeps the newest, and whatever has traffic. */
async function prune(session: Session, name: string, keep: number): Promise<void> {
  const { records, versions, traffic } = await see(session, name);
  const busy = new Set([traffic?.version, traffic?.canary?.version]);
  const verified = records.filter((each) => each.verified !== null);
  for (const { record } of verified.slice(0, -keep)) {
    const own = versions.filter(({ release }) => release === record.number);
    if (own.some(({ version }) => busy.has(version))) continue;
    for (const { version } of own) await deleteVersion(session, name, version);
    await deleteRecord(session, name, record.number);
  }
  await collect(session, name);
}

async function remove(session: Session, name: string): Promise<void> {
  await see(session, name); // Refuses what is not ours.
  await removeUrl(session, name);
  await removeHttpApi(session, name);
  await orNull({ action: 'lambda:DeleteFunction', resource: name }, () =>
    session.lambda.send(new DeleteFunctionCommand({ FunctionName: name }), { abortSignal: session.ctx.signal }),
  );
  await removeLogGroup(session, name);
  if (session.config.role === undefined) await removeRole(session, name);
  // The records last: until here the next `mlfn delete` finds what is left.
  await deleteHistory(session, name);
  await collect(session, name);
}

/** The candidate's version and record, and what only it needed. */
export async function discard(session: Session, done: Done): Promise<void> {
  const { name, draft } = done;
  const number = done.candidate?.number ?? (draft === undefined ? undefined : claimed.get(draft));
  if (number === undefined) return;
  const { versions, records } = await see(session, name);
  const record = records.find((each) => each.record.number === number);
  if (record !== undefined && record.verified !== null) return;
  const traffic = await readTraffic(session, name);
  for (const { version, release } of versions) {
    if (release === number && version !== traffic?.version) await deleteVersion(session, name, version);
  }
  await deleteRecord(session, name, number);
  if (records.every((each) => each.record.number === number) && traffic === null) await remove(session, name);
  else await collect(session, name);
}

/** Objects and layers that no record of any function names, and models that none of this one's does. */
async function collect(session: Session, name: string): Promise<void> {
  const records = await listAllRecords(session);
  const own = records.filter(({ record }) => record.function === name).map(({ record }) => record.artifacts.model ?? '');
  await collectModels(session, name, new Set(own));
  const digests = new Set(records.flatMap(({ record }) => [record.artifacts.dependencies, record.artifacts.function]));
  await collectObjects(session, digests);
  await collectLayers(session, new Set([...digests].map(layerName)));
}
