/** The dependency part as a layer: made once for a content, shared by every function that locks the same. */
import {
  DeleteLayerVersionCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
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

/** A function that uses a deleted version goes on with it. */
export async function deleteLayer(session: Session, digest: Digest): Promise<void> {
  const LayerName = layerName(digest);
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
