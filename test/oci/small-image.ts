/** An image of one small layer on a base made by hand, to be sent about. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { piecesOf } from '../../src/bundle/pieces.ts';
import { type Base, blobFile, type Image, imageOf, layoutAt, makeLayer, openBase, parseReference, pushImage, Session } from '../../src/oci/index.ts';
import { type Lab, layoutOf, MEMBERS } from './lab.ts';

export interface Small {
  base: Base;
  image: Image;
  push(to: string, from?: Base['source']['registry']): ReturnType<typeof pushImage>;
}

export function sessionOf(lab: Lab, registry: string, insecure = false): Session {
  const session = new Session(lab.ctx, registry, insecure);
  onTestFinished(() => session.close());
  return session;
}

/** An image on a base made by hand. @param model its bytes */
export async function smallImage(lab: Lab, model: Uint8Array, base?: Base): Promise<Small> {
  const below = base ?? (await openBase(lab.ctx, layoutAt(lab.ctx, layoutOf(lab, [MEMBERS]))!, 'amd64'));
  const file = path.join(lab.folder, 'model.bin');
  writeFileSync(file, model);
  const entry = { path: 'm', mode: 0o644 as const, sha256: createHash('sha256').update(model).digest('hex'), size: model.length, source: { file } };
  const layer = { what: 'model' as const, ...(await makeLayer(lab.ctx, [{ path: 'app/model/model.bin', entry }], (each) => piecesOf(lab.ctx, each))) };
  const start = { entrypoint: ['/usr/bin/python3.13'], command: [], user: '1:1', folder: '/app', env: {}, labels: {}, port: null };
  const image = imageOf(below, [layer], start, 'oci');
  const push: Small['push'] = (to, from = null) => {
    const reference = parseReference(to);
    const locate = ({ what, descriptor }: Image['layers'][number]) => (what === 'base' ? below.source.blob(descriptor) : Promise.resolve(blobFile(lab.ctx, descriptor.digest)));
    return pushImage(lab.ctx, sessionOf(lab, reference.registry), image, reference, locate, from);
  };
  return { base: below, image, push };
}
