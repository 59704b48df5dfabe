/** XGBoost's own files (doc/tutorials/saving_model.rst): JSON, and UBJSON of the same structure. */
import { fileSource } from '../bytes/file-source.ts';
import { Malformed } from '../bytes/malformed.ts';
import { ByteWindow } from '../bytes/window.ts';
import { refuse, type Draft, type OpenFile, type Reader } from '../framework/reader.ts';
import { JsonPicker } from './json.ts';
import { at, numberAt, textAt, type Value } from './tree.ts';
import { UbjsonPicker } from './ubjson.ts';

/** The fitted numbers themselves. */
const SKIPPED = new Set(['trees', 'tree_info', 'iteration_indptr', 'weight_drop', 'weights', 'cats']);

const UBJ_HEADS = ['L\0\0\0\0\0\0\0', 'i', 'U'].flatMap((size) => [`{${size}\x07learner`, `{${size}\x07version`]);

const framework = { name: 'xgboost', version: null };

export const xgboostJson: Reader = {
  recognise: (head) => /^\s*\{\s*("version"\s*:\s*\[[\d\s,]*\]\s*,\s*)?"learner"\s*:/.test(head.toString('latin1')),
  begins: { format: 'xgboost-json', framework },
  read: async (model, draft) => describe(await new JsonPicker(windowOf(model), SKIPPED).whole(), draft),
};

export const xgboostUbj: Reader = {
  // An object whose first key has seven letters: its length is a number of eight bytes, or of one.
  recognise: (head) => UBJ_HEADS.some((begin) => head.toString('latin1', 0, begin.length) === begin),
  begins: { format: 'xgboost-ubj', framework },
  read: async (model, draft) => describe(await new UbjsonPicker(windowOf(model), SKIPPED).whole(), draft),
};

function windowOf({ file, size, signal }: OpenFile): ByteWindow {
  return new ByteWindow(fileSource(file, size, signal));
}

function describe(root: Value, draft: Draft): void {
  const learner = at(root, 'learner');
  if (!(learner instanceof Map)) throw new Malformed('corrupt', 'The file has no learner: it is no XGBoost model.');
  const version = at(root, 'version');
  if (Array.isArray(version) && version.every((part) => typeof part === 'number')) draft.framework = { ...draft.framework, version: version.join('.') };
  const objective = textAt(learner, 'objective', 'name') ?? 'unknown objective';
  const classes = numberAt(learner, 'learner_model_param', 'num_class') ?? 0;
  const names = texts(at(learner, 'feature_names'));
  draft.featureNames = names.length > 0 ? names : null;
  draft.featureCount = names.length > 0 ? names.length : numberAt(learner, 'learner_model_param', 'num_feature');
  draft.classes = labels(objective, classes);
  draft.model = summary(learner);
  draft.facts['objective'] = objective;
  const types = texts(at(learner, 'feature_types'));
  // Its estimators are scikit-learn's; levels of categories, and names beside a linear booster, are taken from a DataFrame alone.
  const framed = names.length > 0 && (types.includes('c') || textAt(learner, 'gradient_booster', 'name') === 'gblinear');
  draft.distributions = ['xgboost', 'scikit-learn', ...(framed ? ['pandas'] : [])];
  draft.inputs = columns(names, types, draft.featureCount);
  draft.outputs = [output(objective, classes, numberAt(learner, 'learner_model_param', 'num_target') ?? 1)];
  if (draft.featureCount === 0) refuse(draft, 'no-features', 'The model was fitted on no features: there is nothing to predict from.', 'Fit it on data with at least one column.');
}

function texts(value: Value): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Types as `DMatrix` calls them: `float`, `int`, `i` (indicator), `q` (quantitative), `c` (categorical). */
const TYPES: Readonly<Record<string, string>> = { float: 'float32', q: 'float32', int: 'int64', i: 'bool', c: 'category' };

/** With names each column is asked for by its own; without, a row of numbers. */
function columns(names: string[], types: string[], count: number | null): Draft['inputs'] {
  if (names.length === 0) return [{ name: 'data', type: 'float32', shape: [null, count] }];
  return names.map((name, index) => ({ name, type: TYPES[types[index] ?? 'float'] ?? types[index] ?? null, shape: [null] }));
}

/** The labels that XGBoost numbers; those of the user's own are not in the file. */
function labels(objective: string, classes: number): number[] | null {
  if (objective.startsWith('binary:')) return [0, 1];
  return objective.startsWith('multi:') && classes > 0 && classes < 10_000 ? Array.from({ length: classes }, (_, label) => label) : null;
}

function output(objective: string, classes: number, targets: number): Draft['outputs'][number] {
  const many = objective === 'multi:softprob' ? classes : targets;
  return { name: objective === 'multi:softprob' || objective === 'binary:logistic' ? 'probability' : 'prediction', type: 'float32', shape: many > 1 ? [null, many] : [null] };
}

function summary(learner: Value): string {
  const booster = at(learner, 'gradient_booster');
  const name = textAt(booster, 'name') ?? 'unknown booster';
  const trees = numberAt(booster, 'model', 'gbtree_model_param', 'num_trees') ?? numberAt(booster, 'gbtree', 'model', 'gbtree_model_param', 'num_trees');
  return [name, trees === null ? null : `${trees} ${trees === 1 ? 'tree' : 'trees'}`].filter((part) => part !== null).join(', ');
}
