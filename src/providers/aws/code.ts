/** What a version runs: a zip in the bucket with its layers, or an image. */
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
  source: { S3Bucket: string; S3Key: string };
  layers: string[];
  /** Of the function part in the bucket, as Lambda writes it. */
  sha256: string | null;
}

interface ImageCode {
  form: 'image';
  source: { ImageUri: string };
}

const HANDLER = 'mlfn_serve.entry.handler';

/** Of a draft that was stored. */
export async function codeOf(session: Session, name: string, { artifacts, image }: ReleaseDraft): Promise<Code> {
  if (image !== undefined) return { form: 'image', source: { ImageUri: await imageUri(session, name, image.digest) } };
  const layer = artifacts.dependencies === EMPTY_PART ? null : await findLayer(session, artifacts.dependencies);
  return {
    form: 'zip',
    source: { S3Bucket: await session.bucket(), S3Key: objectKey(artifacts.function) },
    layers: layer === null ? [] : [layer],
    sha256: (await hasObject(session, artifacts.function))?.sha256 ?? null,
  };
}

/** What of a configuration only zips have: an image says itself how it is started. */
export function startOf(code: Code, python: string) {
  return code.form === 'image' ? {} : { Handler: HANDLER, Runtime: `python${python}` as never, Layers: code.layers };
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
