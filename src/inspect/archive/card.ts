/** A zip archive as a card, if it is of a format that is read. */
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import type { FrameworkCard } from '../../card.ts';
import { isDamage, Malformed } from '../bytes/malformed.ts';
import { frameworkCard } from '../framework/card.ts';
import type { ArchiveReader, OpenFile } from '../framework/reader.ts';
import { keras } from '../keras/archive.ts';
import { skops } from '../skops/model.ts';
import { torchExported } from '../torch/exported.ts';
import { torchSaved } from '../torch/saved.ts';
import { torchScript } from '../torch/script.ts';
import { type Archive, openArchive } from './zip.ts';

const READERS: readonly ArchiveReader[] = [keras, torchExported, torchScript, torchSaved, skops];

/** Null when it is none of these formats. @throws MODEL_DAMAGED, MODEL_UNSAFE */
export async function archiveCard(model: OpenFile): Promise<FrameworkCard | null> {
  const archive = await openArchive(model.view).catch((error: unknown) => refused(model, error));
  const reader = READERS.find(({ recognise }) => recognise(archive.names));
  return reader === undefined ? null : frameworkCard(model, reader.begins, (draft) => reader.read(archive, draft, model.signal));
}

/** An archive that cannot be looked over is of no format. */
function refused({ path: file }: OpenFile, error: unknown): Archive {
  if (!(error instanceof Malformed)) throw error;
  const { message, hint } = error.finding;
  throw new MlfnError(isDamage(error) ? 'MODEL_DAMAGED' : 'MODEL_UNSAFE', `${path.basename(file)} is a zip archive that is not unpacked. ${message}`, {
    hint: hint ?? 'Save the model again.',
    details: { path: file, findings: [error.finding] },
    cause: error,
  });
}
