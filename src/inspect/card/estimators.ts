/** Which shapes are estimators, and what they are called. */
import { attributes, entry, Instance, type Value } from '../pickle/values.ts';

const PACKAGES = new Set(['sklearn', 'imblearn', 'xgboost', 'lightgbm', 'catboost', 'category_encoders']);
/** Of those packages, but not estimators. */
const PARTS = /\.(kernels|_?tree|_loss|losses|_split|_scorer|basic|core|utils|binning|_criterion)(\.|$)/;

/** scikit-learn's own estimators carry their version; others are told by their package and by being objects with a state. */
export function isEstimator(value: Value): value is Instance {
  if (!(value instanceof Instance) || attributes(value) === null) return false;
  const { module, verdict } = value.made;
  if (versionOf(value) !== null) return true;
  if (verdict.role === 'user') return true;
  const top = module.split('.')[0] ?? '';
  return verdict.role === 'class' && top !== 'sklearn' && PACKAGES.has(top) && !PARTS.test(module.replace(/\.core$/, top === 'catboost' ? '' : '.core'));
}

export function versionOf(value: Instance): string | null {
  const version = entry(attributes(value), '_sklearn_version');
  return typeof version === 'string' ? version : null;
}

/** Value of the first of these attributes that is there and not None. */
export function attribute(value: Instance, ...names: string[]): Value {
  const state = attributes(value);
  for (const name of names) {
    const found = entry(state, name);
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

/** The estimators that stand for this one when it is asked for its features (first) or its classes (last). */
export function delegates(value: Instance): { first: Instance | null; last: Instance | null } {
  const fitted = attribute(value, 'best_estimator_', 'regressor_', 'estimator_');
  if (isEstimator(fitted)) return { first: fitted, last: fitted };
  const steps = stepsOf(attribute(value, 'steps', 'transformer_list')).map(([, step]) => step).filter(isEstimator);
  if (steps.length > 0) return { first: steps[0] ?? null, last: steps.at(-1) ?? null };
  // Voting and stacking: any of the fitted ones was fitted on all the features.
  const member = membersOf(attribute(value, 'estimators_')).find(isEstimator);
  if (member !== undefined) return { first: member, last: null };
  const given = attribute(value, 'estimator', 'base_estimator');
  return isEstimator(given) ? { first: given, last: given } : { first: null, last: null };
}

/** `[(name, estimator, ...), ...]`, in lists or tuples. */
export function stepsOf(value: Value): [name: string, step: Value, rest: Value][] {
  return membersOf(value).flatMap((member) => {
    const [name, step, rest] = membersOf(member);
    return typeof name === 'string' ? [[name, step, rest]] : [];
  });
}

export function membersOf(value: Value): readonly Value[] {
  return typeof value === 'object' && value !== null && 'items' in value && (value.kind === 'list' || value.kind === 'tuple') ? value.items : [];
}
