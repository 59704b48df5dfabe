/** What of a release is stored. Pure. */
import type { Digest } from '../../types.ts';
import type { ReleaseDraft, Stored } from '../provider.ts';
import { EMPTY_PART } from './names.ts';

/** In the order in which it is sent: the model last, as it is the largest. */
export function partsOf({ artifacts, image }: ReleaseDraft): { part: Stored; digest: Digest }[] {
  const { dependencies, function: code, model } = artifacts;
  const packed: { part: Stored; digest: Digest }[] =
    image === undefined
      ? [...(dependencies === EMPTY_PART ? [] : [{ part: 'dependencies' as const, digest: dependencies }]), { part: 'function', digest: code }]
      : [{ part: 'image', digest: image.digest.replace(/^sha256:/, '') }];
  return [...packed, ...(model === undefined ? [] : [{ part: 'model' as const, digest: model }])];
}
