/** Keras 3's own format: a zip with config.json, metadata.json and the weights (keras/src/saving/saving_lib.py). */
import type { Archive } from '../archive/zip.ts';
import type { ArchiveReader, Draft } from '../framework/reader.ts';
import { parseConfig, textIn } from '../framework/json.ts';
import { describe } from './describe.ts';

export const keras: ArchiveReader = {
  recognise: (names) => names.has('config.json') && names.has('metadata.json'),
  begins: { format: 'keras', framework: { name: 'keras', version: null } },
  read,
};

async function read(archive: Archive, draft: Draft): Promise<void> {
  const metadata = parseConfig((await archive.read('metadata.json')).toString('utf8'), 'metadata.json');
  draft.framework = { name: 'keras', version: textIn(metadata, 'keras_version') };
  describe(parseConfig((await archive.read('config.json')).toString('utf8'), 'config.json'), draft);
  if (archive.names.has('model.weights.h5')) return;
  draft.findings.push({ severity: 'error', code: 'no-estimator', message: 'The archive has no model.weights.h5: it is a model without what it learned.', hint: "Save the whole model with model.save('model.keras')." });
}
