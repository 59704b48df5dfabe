/** What a version runs: a zip in the bucket with its layers, or an image. */
import type { Architecture, FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { ReleaseDraft } from '../provider.ts';
import { imageUri } from './images/images.ts';
import { findLayer } from './layers.ts';
import { EMPTY_PART, objectKey } from './names.ts';
import type { Session } from './session.ts';
import { hasObject } from './storage/objects.ts';
import { getFunction, type Version } from './versions.ts';

export type Code = ZipCode | ImageCode;

interface ZipCode {
  form: 'zip';
  source: { S3Bucket: string; S3Key: string } | { ZipFile: Uint8Array };
  handler: string;
  /** Minor version. */
  python: string;
  layers: string[];
  /** Of the function part in the bucket, as Lambda writes it. */
  sha256: string | null;
}

interface ImageCode {
  form: 'image';
  source: { ImageUri: string };
  /** In place of the image's own. */
  handler: string | null;
  /** Of the image; null as the configuration says. */
  architecture: Architecture | null;
}

/** Also what images name themselves. */
const HANDLER = 'mlfn_serve.entry.handler';

/** Of a draft that was stored. */
export async function codeOf(session: Session, name: string, { artifacts, image, lock }: ReleaseDraft): Promise<Code> {
  if (image !== undefined) return { form: 'image', source: { ImageUri: await imageUri(session, name, image.digest) }, handler: null, architecture: null };
  const layer = artifacts.dependencies === EMPTY_PART ? null : await findLayer(session, artifacts.dependencies);
  return {
    form: 'zip',
    source: { S3Bucket: await session.bucket(), S3Key: objectKey(artifacts.function) },
    handler: HANDLER,
    python: lock.python,
    layers: layer === null ? [] : [layer],
    sha256: (await hasObject(session, artifacts.function))?.sha256 ?? null,
  };
}

/** An image says itself how it is started, and a command that took the place of its own stays until another does. */
export function startOf(code: Code, before?: FunctionConfiguration) {
  if (code.form === 'zip') return { Handler: code.handler, Runtime: `python${code.python}` as never, Layers: code.layers };
  const isOther = (before?.ImageConfigResponse?.ImageConfig?.Command ?? []).length > 0;
  return code.handler === null && !isOther ? {} : { ImageConfig: { Command: [code.handler ?? HANDLER] } };
}

export async function isOf(session: Session, name: string, version: Version, code: Code): Promise<boolean> {
  if (code.form === 'image') return (await imageOf(session, name, version.version)) === digestIn(code.source.ImageUri);
  return version.codeSha256 === code.sha256 && sameLayers(version.layers, code.layers);
}

/** Digest of the image that a version runs; null of a zip. */
export async function imageOf(session: Session, name: string, version: string): Promise<string | null> {
  const uri = (await getFunction(session, name, version))?.Code?.ResolvedImageUri;
  return uri === undefined ? null : digestIn(uri);
}

function digestIn(uri: string): string {
  return uri.slice(uri.lastIndexOf('@') + 1);
}

/** Versions of one layer hold the same. */
function sameLayers(found: string[], wanted: string[]): boolean {
  return found.map(layerOf).join() === wanted.map(layerOf).join();
}

function layerOf(arn: string): string {
  return arn.replace(/:\d+$/, '');
}
