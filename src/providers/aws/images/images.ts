/** The images of a function's releases, in its repository: sent once, named by their digest, gone with the last release that names them. */
import { BatchDeleteImageCommand, DescribeImagesCommand, ListImagesCommand } from '@aws-sdk/client-ecr';
import { MlfnError } from '../../../errors.ts';
import { orNull } from '../call.ts';
import { repositoryName } from '../names.ts';
import type { Done, ImagePlace } from '../../provider.ts';
import type { Session } from '../session.ts';
import { tokenLogin } from './login.ts';
import { repositoryUri } from './repository.ts';

/** docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
const AT_ONCE = 100;

/** @param digest with its algorithm */
export async function hasImage(session: Session, name: string, digest: string): Promise<boolean> {
  const ecr = await session.ecr();
  const input = { repositoryName: repositoryName(name), imageIds: [{ imageDigest: digest }] };
  const found = await orNull({ action: 'ecr:DescribeImages', resource: input.repositoryName }, () => ecr.send(new DescribeImagesCommand(input), { abortSignal: session.ctx.signal }));
  return (found?.imageDetails ?? []).length > 0;
}

/** What Lambda is told: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/mlfn/heart@sha256:...`. @throws AWS_GONE */
export async function imageUri(session: Session, name: string, digest: string): Promise<string> {
  const uri = await repositoryUri(session, name);
  if (uri !== null) return `${uri}@${digest}`;
  throw new MlfnError('AWS_GONE', `The repository ${repositoryName(name)} was removed by another command meanwhile.`, {
    hint: 'Deploy again if the function is to be there.',
  });
}

/** @returns bytes sent; 0 when it was there */
export async function storeImage(session: Session, { name, draft, supplies }: Done): Promise<number> {
  const digest = draft?.image?.digest;
  if (digest === undefined || supplies === undefined) throw new Error('a plan that stores an image needs one, and supplies');
  if (await hasImage(session, name, digest)) return 0;
  if (supplies.pushImage === null) throw new Error('a draft with an image has what sends it');
  try {
    return (await supplies.pushImage(await placeOf(session, name, digest))).bytes;
  } catch (error) {
    // Another deploy of the same was first, and its tag cannot be written again.
    if (session.ctx.signal.aborted || !(await hasImage(session, name, digest))) throw explained(error, repositoryName(name));
    return 0;
  }
}

/** The registry's login is AWS's: who is refused lacks a permission, and no `docker login` helps. */
function explained(error: unknown, repository: string): unknown {
  if (!(error instanceof MlfnError && error.code === 'OCI_DENIED')) return error;
  return new MlfnError('AWS_DENIED', error.message, {
    hint: `Have ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:PutImage on ${repository} allowed for the user or role you use (docs/aws.md has the whole policy).`,
    details: { ...error.details, resource: repository },
    cause: error,
  });
}

/** The tag is the digest: so no lifecycle takes the image for half pushed, and no other image has the tag. */
async function placeOf(session: Session, name: string, digest: string): Promise<ImagePlace> {
  return { ...(await tokenLogin(session)), repository: repositoryName(name), tag: digest.slice('sha256:'.length) };
}

/**
 * Removes the images that no release names. They are listed before the releases are read: who pushes one has claimed a release before.
 * @param named digests with their algorithm
 */
export async function collectImages(session: Session, name: string, named: () => Promise<ReadonlySet<string>>): Promise<void> {
  const listed = await listImages(session, name);
  if (listed.length === 0) return;
  const kept = await named();
  const unused = [...new Set(listed)].filter((digest) => !kept.has(digest));
  const ecr = await session.ecr();
  for (let at = 0; at < unused.length; at += AT_ONCE) {
    const input = { repositoryName: repositoryName(name), imageIds: unused.slice(at, at + AT_ONCE).map((imageDigest) => ({ imageDigest })) };
    await orNull({ action: 'ecr:BatchDeleteImage', resource: input.repositoryName }, () => ecr.send(new BatchDeleteImageCommand(input), { abortSignal: session.ctx.signal }));
  }
}

/** Those that mlfn tagged: signatures and lists of packages that others keep there are theirs. */
async function listImages(session: Session, name: string): Promise<string[]> {
  const ecr = await session.ecr();
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const input = { repositoryName: repositoryName(name), nextToken };
    const page = await orNull({ action: 'ecr:ListImages', resource: input.repositoryName }, () => ecr.send(new ListImagesCommand(input), { abortSignal: session.ctx.signal }));
    found.push(...(page?.imageIds ?? []).flatMap(({ imageDigest = '', imageTag }) => (imageDigest === `sha256:${imageTag}` ? [imageDigest] : [])));
    nextToken = page?.nextToken;
  } while (nextToken !== undefined && nextToken !== '');
  return found;
}
