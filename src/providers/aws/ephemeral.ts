import { MlfnError } from '../../errors.ts';
import type { ReleaseDraft } from '../provider.ts';
import { DEFAULT_STORAGE_MB, settingsOf } from './settings/release.ts';

/** MB: docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html */
const STORAGE = { max: 10_240, besides: 64 };

/** MB of /tmp: a model that is fetched lies there, and libraries want some room beside it. @throws AWS_MODEL_TOO_LARGE */
export function storageFor(draft: ReleaseDraft): number {
  const { artifacts, sizes, settings } = draft;
  const asked = settingsOf(draft).ephemeralStorage ?? DEFAULT_STORAGE_MB;
  if (artifacts.model === undefined) return asked;
  const size = sizes.model ?? 0;
  // While another model is taken up, the one before is still there.
  const models = settings.reload === undefined ? 1 : 2;
  const needed = Math.ceil((models * size) / (1 << 20)) + STORAGE.besides;
  if (needed <= STORAGE.max) return Math.max(asked, needed);
  throw new MlfnError('AWS_MODEL_TOO_LARGE', `The model is ${(size / 1e9).toFixed(1)} GB; Lambda's /tmp holds ${STORAGE.max} MB${models === 2 ? ', and with reload it must hold two' : ''}.`, {
    hint: models === 2 ? 'Leave --reload out: only then is one at a time enough.' : 'Deploy it with --target local or to a machine of your own: no way on Lambda takes it.',
  });
}
