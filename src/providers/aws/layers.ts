/** The dependency part as a layer: made once for a content, shared by every function that locks the same. */
import {
  DeleteLayerVersionCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { Digest } from '../../types.ts';
import { call, once, orNull } from './call.ts';
import { layerName, objectKey } from './names.ts';
import type { Session } from './session.ts';

/** Newest version's ARN, or null when there is none yet. */
export async function findLayer(session: Session, digest: Digest): Promise<string | null> {
  const LayerName = layerName(digest);
  const found = await orNull({ action: 'lambda:ListLayerVersions', resource: LayerName }, () =>
    session.lambda.send(new ListLayerVersionsCommand({ LayerName, MaxItems: 1 }), { abortSignal: session.ctx.signal }),
  );
  return found?.LayerVersions?.[0]?.LayerVersionArn ?? null;
}

/** From the object that was stored before. Two deploys at once may make two versions of the same bytes: either serves. */
export async function publishLayer(session: Session, digest: Digest, python: string): Promise<void> {
  const LayerName = layerName(digest);
  const need = { action: 'lambda:PublishLayerVersion', resource: LayerName };
  const input = {
    LayerName,
    Description: digest,
    Content: { S3Bucket: await session.bucket(), S3Key: objectKey(digest) },
    CompatibleRuntimes: [`python${python}` as never],
    CompatibleArchitectures: [session.config.architecture],
  };
  const send = async () => (await session.lambdaOnce.send(new PublishLayerVersionCommand(input), { abortSignal: session.ctx.signal })).LayerVersionArn ?? '';
  await call(need, () => once(session, need, send, () => findLayer(session, digest)));
}

const OURS = /:layer:(mlfn-[0-9a-f]{16}):\d+$/;

/** Names of those layers of a version that mlfn made. @param arns of layer versions */
export function layersOf(arns: readonly string[]): string[] {
  return arns.flatMap((arn) => OURS.exec(arn)?.[1] ?? []);
}

/** A function that uses a deleted version goes on with it. Who may not delete a layer is told, and the rest is done. */
export async function deleteLayer(session: Session, LayerName: string): Promise<void> {
  try {
    await deleteVersions(session, LayerName);
  } catch (error) {
    if (!(error instanceof MlfnError && error.code === 'AWS_DENIED')) throw error;
    session.ctx.emit({
      type: 'warning',
      text: `The layer ${LayerName} stays, though nothing uses it: ${error.message}`,
      hint: `Have somebody who may remove it: aws lambda delete-layer-version --layer-name ${LayerName} --version-number 1.`,
    });
  }
}

async function deleteVersions(session: Session, LayerName: string): Promise<void> {
  const signal = { abortSignal: session.ctx.signal };
  const versions = await orNull({ action: 'lambda:ListLayerVersions', resource: LayerName }, () =>
    session.lambda.send(new ListLayerVersionsCommand({ LayerName }), signal),
  );
  for (const { Version } of versions?.LayerVersions ?? []) {
    await orNull({ action: 'lambda:DeleteLayerVersion', resource: LayerName }, () =>
      session.lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: Version }), signal),
    );
  }
}
