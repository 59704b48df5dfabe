/** An OCI layout of tar files, written without the code that is tested with it. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const MEDIA = 'application/vnd.oci.image';
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface LayoutOptions {
  env?: string[];
  architecture?: string;
  os?: string;
  /** Puts an index above the manifest. */
  index?: boolean;
  layerType?: string;
  compress?: (tar: Uint8Array) => Uint8Array;
}

/** @param tars lowest first */
export function writeLayout(folder: string, tag: string, tars: Uint8Array[], options: LayoutOptions = {}): { manifest: string; layers: string[] } {
  const { env = [], architecture = 'amd64', os = 'linux', index = false, layerType = `${MEDIA}.layer.v1.tar+gzip`, compress = (tar) => gzipSync(tar, { level: 1 }) } = options;
  const put = (mediaType: string, bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    writeFileSync(path.join(folder, 'blobs', ...digest.split(':')), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const putJson = (mediaType: string, value: unknown) => put(mediaType, Buffer.from(JSON.stringify(value)));
  mkdirSync(path.join(folder, 'blobs/sha256'), { recursive: true });
  const layers = tars.map((tar) => put(layerType, compress(tar)));
  const config = putJson(`${MEDIA}.config.v1+json`, {
    architecture,
    os,
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env], Cmd: ['bash'] },
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    history: tars.map(() => ({ created_by: 'test' })),
  });
  const manifestType = `${MEDIA}.manifest.v1+json`;
  const manifest = putJson(manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers });
  const indexType = `${MEDIA}.index.v1+json`;
  const platform = { os, architecture };
  const named = index ? putJson(indexType, { schemaVersion: 2, mediaType: indexType, manifests: [{ ...manifest, platform }] }) : manifest;
  const annotations = { 'org.opencontainers.image.ref.name': tag };
  writeFileSync(path.join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...named, annotations }] }));
  return { manifest: manifest.digest, layers: layers.map(({ digest }) => digest) };
}
