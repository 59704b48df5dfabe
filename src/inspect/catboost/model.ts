/** CatBoost's .cbm (catboost/libs/model/flatbuffers/model.fbs): a magic word, the length of a FlatBuffer, and the FlatBuffer. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import { memberOf, parseConfig, textIn } from '../framework/json.ts';
import { type Draft, type OpenFile, type Reader, refuse } from '../framework/reader.ts';
import { FlatBuffer } from './flatbuffer.ts';

const HEAD = 8;

export const catboost: Reader = {
  recognise: (head) => head.toString('latin1', 0, 4) === 'CBM1',
  begins: { format: 'catboost', framework: { name: 'catboost', version: null } },
  read,
};

/** `TModelCore`: FormatVersion, ObliviousTrees, InfoMap. */
async function read({ view, size }: OpenFile, draft: Draft): Promise<void> {
  const length = (await view.bytes(4, 4)).readUInt32LE(0);
  if (HEAD + length > size) throw new Malformed('truncated', `The file has ${size} bytes; its head tells of ${HEAD + length}.`, size);
  const buffer = new FlatBuffer(view);
  const core = await buffer.follow(HEAD);
  draft.facts['layout'] = (await buffer.text(core, 0)) ?? '?';
  const info = await infoMap(buffer, core);
  const version = /^\s*Branch: tags\/v(\d+(?:\.\d+)+)$/m.exec(info.get('catboost_version_info') ?? '')?.[1];
  draft.framework = { name: 'catboost', version: version ?? null };
  const params = info.get('params');
  const loss = params === undefined ? null : textIn(memberOf(parseConfig(params, 'Its parameters'), 'loss_function'), 'type');
  if (loss !== null) draft.facts['objective'] = loss;
  draft.classes = classesOf(info.get('class_params'));
  const trees = await buffer.table(core, 1);
  if (trees === null) throw new Malformed('corrupt', 'The model has no trees.', HEAD);
  await describeTrees(buffer, trees, draft);
  await assertWhole(view, HEAD + length, await buffer.texts(core, 3));
}

/** Behind the FlatBuffer lie the parts that `ModelPartIds` names: tables of categories are a number of FlatBuffers, each with its length. */
async function assertWhole(view: View, from: number, parts: string[]): Promise<void> {
  if (parts[0] !== 'static_provider_v1') return;
  const number = async (at: number): Promise<number> => (await view.bytes(at, 4)).readUInt32LE(0);
  let at = from + 4;
  for (let left = await number(from); left > 0; left -= 1) at += 4 + (await number(at));
  if (at > view.size) throw new Malformed('truncated', `The file has ${view.size} bytes; its tables of categories go to ${at}.`, view.size);
}

/** `TKeyValue`: Key, Value. */
async function infoMap(buffer: FlatBuffer, core: number): Promise<Map<string, string>> {
  const info = new Map<string, string>();
  for (const pair of await buffer.tables(core, 2)) info.set((await buffer.text(pair, 0)) ?? '', (await buffer.text(pair, 1)) ?? '');
  return info;
}

function classesOf(params: string | undefined): Draft['classes'] {
  const names = params === undefined ? null : memberOf(parseConfig(params, 'Its classes'), 'class_names');
  if (!Array.isArray(names) || names.length === 0) return null;
  const labels = names.filter((name) => typeof name === 'string' || typeof name === 'number' || typeof name === 'boolean');
  return labels.length === names.length ? labels : null;
}

/** Of `TObliviousTrees` the lists of features, with the type of their columns: CatFeatures, FloatFeatures, TextFeatures. */
const FEATURES: readonly (readonly [field: number, type: string, id: number])[] = [[4, 'category', 2], [5, 'float32', 4], [12, 'text', 2]];

/** `TObliviousTrees`: ApproxDimension, TreeSplits, TreeSizes, ... A feature: ..., FlatIndex its column, FeatureId its name. */
async function describeTrees(buffer: FlatBuffer, trees: number, draft: Draft): Promise<void> {
  const count = await buffer.length(trees, 2);
  draft.model = `${count} ${count === 1 ? 'tree' : 'trees'}`;
  const columns: { index: number; name: string; type: string }[] = [];
  for (const [field, type, id] of FEATURES) {
    for (const feature of await buffer.tables(trees, field)) {
      const index = await buffer.int(feature, field === 5 ? 2 : 1, -1);
      columns.push({ index, name: (await buffer.text(feature, id)) ?? '', type });
    }
  }
  columns.sort((a, b) => a.index - b.index);
  const named = columns.length > 0 && columns.every(({ name, index }) => name !== '' && name !== String(index));
  draft.featureCount = columns.length;
  draft.featureNames = named ? columns.map(({ name }) => name) : null;
  draft.inputs = columns.map(({ name, index, type }) => ({ name: name === '' ? String(index) : name, type, shape: [null] }));
  const width = await buffer.int(trees, 0, 1);
  draft.outputs = [{ name: 'raw', type: 'float64', shape: width > 1 ? [null, width] : [null] }];
  if (columns.length === 0) refuse(draft, 'no-features', 'The model was fitted on no features: there is nothing to predict from.', 'Fit it on data with at least one column.');
}
