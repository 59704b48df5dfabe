/** What the shape of the model tells: framework and version, features, classes. */
import { elements } from '../pickle/array-data.ts';
import { type Global, Instance, type Value } from '../pickle/values.ts';
import type { ModelFileCard } from '../../card.ts';
import { hasCategories } from './categories.ts';
import { attribute, delegates, isEstimator, membersOf } from './estimators.ts';
import { estimatorTree } from './tree.ts';
import { versionsIn } from './versions.ts';

export type Description = Pick<ModelFileCard, 'framework' | 'estimator' | 'featureNames' | 'featureCount' | 'classes' | 'outputClasses' | 'distributions' | 'versions'>;

const DEPTH = 40;

export function describe(root: Value, globals: readonly Global[], joblib: boolean): Description {
  const estimator = isEstimator(root) ? root : null;
  const featureNames = estimator === null ? null : namesOf(estimator);
  const distributions = new Set(globals.flatMap(({ verdict }) => verdict.distribution ?? []));
  if (globals.some(({ module }) => NEED_SKLEARN.test(module))) distributions.add('scikit-learn');
  // Fitted on a DataFrame means: wants a DataFrame. And a compressed file is joblib's, whatever it names.
  if (featureNames !== null || hasCategories(root)) distributions.add('pandas');
  if (joblib) distributions.add('joblib');
  const versions = versionsIn(root);
  const labels = estimator === null ? null : classesOf(estimator);
  return {
    framework: estimator === null ? null : frameworkOf(estimator, versions),
    estimator: estimator === null ? null : estimatorTree(estimator),
    featureNames,
    featureCount: estimator === null ? null : (featureNames?.length ?? countOf(estimator)),
    classes: labels?.one ?? null,
    ...(labels?.several === undefined ? {} : { outputClasses: labels.several }),
    distributions: [...distributions].sort(),
    versions,
  };
}

/** Extensions of scikit-learn, whose estimators say which scikit-learn they were made with but not which extension. */
const EXTENSIONS = new Set(['scikit-learn', 'imbalanced-learn', 'category-encoders']);
/** Packages whose estimators need scikit-learn to be imported, but which install without it. */
const NEED_SKLEARN = /^(xgboost|lightgbm)\.sklearn$/;

/** A class of the user's own has the version of scikit-learn that its base class, or a part of it, was saved with. */
function frameworkOf(root: Instance, versions: Record<string, string>): Description['framework'] {
  const { distribution } = root.made.verdict;
  const version = versions['scikit-learn'];
  if (distribution !== null && !EXTENSIONS.has(distribution)) return { name: distribution, version: versions[distribution] ?? null };
  if (version !== undefined) return { name: 'scikit-learn', version };
  return distribution === null ? null : { name: distribution, version: null };
}

/** Follows an estimator to the part that answers for it. */
function chain(root: Instance, which: 'first' | 'last'): Instance[] {
  const all: Instance[] = [];
  for (let at: Instance | null = root; at !== null && all.length < DEPTH && !all.includes(at); at = delegates(at)[which]) all.push(at);
  return all;
}

function namesOf(root: Instance): string[] | null {
  for (const each of chain(root, 'first')) {
    const names = elements(attribute(each, 'feature_names_in_'));
    if (names !== null && names.every((name) => typeof name === 'string')) return names;
  }
  return null;
}

function countOf(root: Instance): number | null {
  const parts = chain(root, 'first');
  // lightgbm and catboost keep theirs under names of their own; -1 is lightgbm's before it is fitted.
  const counts = parts.map((each) => attribute(each, 'n_features_in_', '_n_features_in', '_n_features')).filter((count) => typeof count === 'number');
  const some = counts.find((count) => count > 0);
  // What is wrapped around a CatBoost notes the 0 that it answers when it does not know.
  const known = parts.every(({ made }) => made.module !== 'catboost.core');
  return some ?? (known && counts.includes(0) ? 0 : null);
}

type Labels = NonNullable<Description['classes']>;

function classesOf(root: Instance): { one?: Labels; several?: Labels[] } | null {
  for (const each of chain(root, 'last')) {
    const binarizer = attribute(each, '_label_binarizer');
    const own = attribute(each, 'classes_', '_classes') ?? (binarizer instanceof Instance ? attribute(binarizer, 'classes_') : undefined);
    const one = labelsOf(own);
    if (one !== null) return { one };
    const several = membersOf(own).map(labelsOf);
    if (several.length > 0 && several.every((labels) => labels !== null)) return { several };
    const count = attribute(each, 'n_classes_');
    // xgboost numbers its classes and keeps only how many there are.
    if (typeof count === 'number' && each.made.module.startsWith('xgboost.') && each.made.name.endsWith('Classifier') && count < 10_000) {
      return { one: Array.from({ length: count }, (_, label) => label) };
    }
  }
  return null;
}

function labelsOf(value: Value): Labels | null {
  const labels = elements(value);
  return labels?.every((label) => label !== null) === true ? labels : null;
}

