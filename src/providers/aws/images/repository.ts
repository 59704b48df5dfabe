/**
 * The repository of a function's images: immutable tags, a scan of what is pushed, what is half pushed goes after a day, and Lambda may
 * pull for this function.
 */
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  type Repository,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { call, orNull } from '../call.ts';
import { repositoryName, TAG, TAG_VALUE, twinName } from '../names.ts';
import type { Session } from '../session.ts';
import { getFunction } from '../versions.ts';
import { isLifecycle, LIFECYCLE, policyWith } from './policies.ts';

export interface RepositoryState {
  name: string;
  exists: boolean;
  /** What is not as it should be, in words. */
  drift: string[];
}

/** @param puller the function that runs the images */
export async function observeRepository(session: Session, name: string, puller: string): Promise<RepositoryState> {
  const repositoryNamed = repositoryName(name);
  const found = await findRepository(session, name);
  if (found === null) return { name: repositoryNamed, exists: false, drift: [] };
  const mends = await mendsOf(session, name, puller, found);
  return { name: repositoryNamed, exists: true, drift: mends.map(({ label }) => label) };
}

/** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/mlfn/heart`; null when there is none. */
export async function repositoryUri(session: Session, name: string): Promise<string | null> {
  return (await findRepository(session, name))?.repositoryUri ?? null;
}

/** What runs the images: the function, or the twin of one that is made of zips. @param isImage null before it is made */
export function pullerOf(name: string, isImage: boolean | null): string {
  return isImage === false ? twinName(name, 'image') : name;
}

/** Makes it, or what is missing of it. */
export async function ensureRepository(session: Session, name: string): Promise<void> {
  const found = (await findRepository(session, name)) ?? (await create(session, name));
  const front = await getFunction(session, name);
  const puller = pullerOf(name, front === null ? null : front.Configuration?.PackageType === 'Image');
  for (const { mend } of await mendsOf(session, name, puller, found)) await mend();
}

/** With all its images. */
export async function removeRepository(session: Session, name: string): Promise<void> {
  const { ecr, abortSignal } = await clientOf(session);
  const input = { repositoryName: repositoryName(name), force: true };
  await orNull({ action: 'ecr:DeleteRepository', resource: input.repositoryName }, () => ecr.send(new DeleteRepositoryCommand(input), { abortSignal }));
}

async function findRepository(session: Session, name: string): Promise<Repository | null> {
  const { ecr, abortSignal } = await clientOf(session);
  const input = { repositoryNames: [repositoryName(name)] };
  const found = await orNull({ action: 'ecr:DescribeRepositories', resource: repositoryName(name) }, () => ecr.send(new DescribeRepositoriesCommand(input), { abortSignal }));
  return found?.repositories?.[0] ?? null;
}

const EXISTS = 'RepositoryAlreadyExistsException';

async function create(session: Session, name: string): Promise<Repository> {
  const { ecr, abortSignal } = await clientOf(session);
  const input = {
    repositoryName: repositoryName(name),
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
    tags: [{ Key: TAG, Value: TAG_VALUE }],
  } as const;
  try {
    const { repository } = await call({ action: 'ecr:CreateRepository', resource: input.repositoryName }, () => ecr.send(new CreateRepositoryCommand({ ...input, tags: [...input.tags] }), { abortSignal }), [EXISTS]);
    return repository ?? {};
  } catch (error) {
    // Another deploy made it since, or our own call that was not answered.
    const found = (error as Error).name === EXISTS ? await findRepository(session, name) : null;
    if (found === null) throw error;
    return found;
  }
}

interface Mend {
  label: string;
  mend(): Promise<unknown>;
}

async function mendsOf(session: Session, name: string, puller: string, { imageTagMutability, imageScanningConfiguration }: Repository): Promise<Mend[]> {
  const { ecr, abortSignal } = await clientOf(session);
  const at = { repositoryName: repositoryName(name) };
  const need = (action: string) => ({ action: `ecr:${action}`, resource: at.repositoryName });
  const place = { partition: session.partition, account: await session.account(), region: session.region };
  const [lifecycle, policy] = await Promise.all([
    orNull(need('GetLifecyclePolicy'), () => ecr.send(new GetLifecyclePolicyCommand(at), { abortSignal })),
    orNull(need('GetRepositoryPolicy'), () => ecr.send(new GetRepositoryPolicyCommand(at), { abortSignal })),
  ]);
  const policyText = policyWith(policy?.policyText ?? null, puller, place);
  const mends: (Mend | null)[] = [
    imageTagMutability === 'IMMUTABLE'
      ? null
      : { label: 'immutable tags', mend: () => call(need('PutImageTagMutability'), () => ecr.send(new PutImageTagMutabilityCommand({ ...at, imageTagMutability: 'IMMUTABLE' }), { abortSignal })) },
    imageScanningConfiguration?.scanOnPush === true
      ? null
      : { label: 'scan on push', mend: () => call(need('PutImageScanningConfiguration'), () => ecr.send(new PutImageScanningConfigurationCommand({ ...at, imageScanningConfiguration: { scanOnPush: true } }), { abortSignal })) },
    isLifecycle(lifecycle?.lifecyclePolicyText ?? null)
      ? null
      : { label: 'lifecycle', mend: () => call(need('PutLifecyclePolicy'), () => ecr.send(new PutLifecyclePolicyCommand({ ...at, lifecyclePolicyText: JSON.stringify(LIFECYCLE) }), { abortSignal })) },
    policyText === null
      ? null
      : { label: 'who may pull', mend: () => call(need('SetRepositoryPolicy'), () => ecr.send(new SetRepositoryPolicyCommand({ ...at, policyText }), { abortSignal })) },
  ];
  return mends.filter((each) => each !== null);
}

async function clientOf(session: Session) {
  return { ecr: await session.ecr(), abortSignal: session.ctx.signal };
}
