/** Keras's older format: an HDF5 file with the configuration as an attribute (keras/src/legacy/saving/legacy_h5_format.py). */
import { rootTexts, SIGNATURE } from '../hdf5/attributes.ts';
import type { Draft, OpenFile, Reader } from '../framework/reader.ts';
import { parseConfig } from '../framework/json.ts';
import { describe } from './describe.ts';

export const kerasH5: Reader = {
  recognise: (head) => head.subarray(0, SIGNATURE.length).equals(SIGNATURE),
  begins: { format: 'keras-h5', framework: { name: 'keras', version: null } },
  read,
};

async function read({ view }: OpenFile, draft: Draft): Promise<void> {
  const texts = await rootTexts(view);
  const version = texts.get('keras_version') ?? null;
  draft.framework = { name: 'keras', version: version === '' ? null : version };
  const backend = texts.get('backend');
  if (backend !== undefined) draft.facts['backend'] = backend;
  const config = texts.get('model_config');
  if (config !== undefined) return describe(parseConfig(config, 'model_config'), draft);
  draft.findings.push({
    severity: 'error',
    code: 'no-estimator',
    message: 'The HDF5 file holds no configuration of a model: weights alone, or data of another kind.',
    hint: "Save the whole model with model.save('model.keras'), not its weights.",
  });
}
