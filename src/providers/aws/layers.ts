/** The dependency part as a layer: made once for a content, shared by every function that locks the same. */
import {
  DeleteLayerVersionCommand,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
import type { Digest } from '../../types.ts';
import { call, orNull } from './call.ts';
import { LAYER_PREFIX, layerName, objectKey } from './names.ts';
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
export async function publishLayer(session: Session, digest: Digest, python: string): Promise<string> {
  const LayerName = layerName(digest);
  const S3Bucket = await session.bucket();
  const made = await call({ action: 'lambda:PublishLayerVersion', resource: LayerName }, () =>
    session.lambda.send(
      new PublishLayerVersionCommand({
        LayerName,
        Description: digest,
        Content: { S3Bucket, S3Key: objectKey(digest) },
        CompatibleRuntimes: [`python${python}` as never],
        CompatibleArchitectures: [session.config.architecture],
      }),
      { abortSignal: session.ctx.signal },
    ),
  );
  return made.LayerVersionArn ?? '';
}

/** Deletes mlfn's layers whose name is not in `keep`. A function that uses a deleted version goes on with it. */
export async function collectLayers(session: Session, keep: ReadonlySet<string>): Promise<void> {
  for (const LayerName of await ownLayers(session)) {
    if (keep.has(LayerName)) continue;
    const versions = await orNull({ action: 'lambda:ListLayerVersions', resource: LayerName }, () =>
      session.lambda.send(new ListLayerVersionsCommand({ LayerName }), { abortSignal: session.ctx.signal }),
    );
    for (const { Version } of versions?.LayerVersions ?? []) {
      await orNull({ action: 'lambda:DeleteLayerVersion', resource: LayerName }, () =>
        session.lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: Version }), {
          abortSignal: session.ctx.signal,
        }),
      );
    }
  }
}

async function ownLayers(session: Session): Promise<string[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await call({ action: 'lambda:ListLayers', resource: '*' }, () =>
      session.lambda.send(new ListLayersCommand({ Marker }), { abortSignal: session.ctx.signal }),
    );
    names.push(...(page.Layers ?? []).map((layer) => layer.LayerName ?? ''));
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== '');
  return names.filter((name) => new RegExp(`^${LAYER_PREFIX}[0-9a-f]{16}$`).test(name));
}
