/** The tree of estimators: a Pipeline's steps, a ColumnTransformer's parts, what a search or an ensemble is made of. */
import { elements } from '../pickle/array-data.ts';
import { attributes, Instance, type Value } from '../pickle/values.ts';
import type { EstimatorNode } from '../../card.ts';
import { attribute, isEstimator, membersOf, stepsOf } from './estimators.ts';

const DEPTH = 40;
const NODES = 2_000;

type Part = [name: string, step: Value, columns?: Value];

export function estimatorTree(root: Instance): EstimatorNode {
  return new Tree().node(root);
}

class Tree {
  #left = NODES;
  /** From the root to here: an object may refer to itself. */
  readonly #path = new Set<Instance>();

  node(value: Instance, name?: string, columns?: Value): EstimatorNode {
    const listed = columnNames(columns);
    const node: EstimatorNode = {
      ...(name === undefined ? {} : { name }),
      class: value.made.path,
      ...(listed === null ? {} : { columns: listed }),
      children: [],
    };
    this.#left -= 1;
    if (this.#path.size >= DEPTH || this.#path.has(value)) return node;
    this.#path.add(value);
    node.children = partsOf(value).flatMap(([part, step, columnsOfStep]) => this.#child(part, step, columnsOfStep));
    this.#path.delete(value);
    return node;
  }

  #child(name: string, step: Value, columns: Value): EstimatorNode[] {
    if (this.#left <= 0) return [];
    if (isEstimator(step)) return [this.node(step, name, columns)];
    if (step !== 'passthrough' && step !== 'drop') return [];
    const listed = columnNames(columns);
    return [{ name, class: step, ...(listed === null ? {} : { columns: listed }), children: [] }];
  }
}

/** The first of these that the estimator has says what it is made of. */
function partsOf(value: Instance): Part[] {
  const steps = stepsOf(attribute(value, 'steps', 'transformer_list'));
  if (steps.length > 0) return steps.map(([name, step]) => [name, step]);
  const columns = stepsOf(attribute(value, 'transformers_', 'transformers'));
  if (columns.length > 0) return columns;
  const best = attribute(value, 'best_estimator_');
  if (best !== undefined) return [['best_estimator', best]];
  const voters = stepsOf(attribute(value, 'estimators'));
  if (voters.length > 0) return withFitted(value, voters);
  return parameters(value);
}

/** Voting and stacking keep the fitted estimators in a list beside the named ones, without the dropped. */
function withFitted(value: Instance, voters: [string, Value, Value][]): Part[] {
  const fitted = membersOf(attribute(value, 'estimators_')).filter(isEstimator);
  const kept = voters.filter(([, step]) => step !== 'drop' && step !== null);
  const parts: Part[] = kept.map(([name, step], at) => [name, fitted.length === kept.length ? fitted[at] : step]);
  return [...parts, ...['final_estimator'].map((name): Part => [name, attribute(value, `${name}_`, name)])];
}

/** Any parameter that is an estimator; as it was fitted, where it was (`estimator_` beside `estimator`). */
function parameters(value: Instance): Part[] {
  // Trees of a forest are its own business, not parts that a user named.
  if (value.made.module.startsWith('sklearn.ensemble._forest')) return [];
  const state = attributes(value);
  if (state === null) return [];
  const names = state.items.filter((key, at): key is string => at % 2 === 0 && typeof key === 'string' && !/^_|_$/.test(key));
  return [...new Set(names)].flatMap((name): Part[] => {
    const fitted = attribute(value, `${name}_`);
    const step = isEstimator(fitted) ? fitted : attribute(value, name);
    return isEstimator(step) ? [[name, step]] : [];
  });
}

/** Columns by name or position; null for a slice or a function that has yet to choose them. */
function columnNames(columns: Value): (string | number)[] | null {
  if (columns === undefined) return null;
  if (typeof columns === 'string' || typeof columns === 'number') return [columns];
  // scikit-learn 1.5 to 1.6 keeps those of the remainder in a UserList.
  const listed = columns instanceof Instance ? (elements(columns) ?? membersOf(attribute(columns, 'data'))) : (elements(columns) ?? membersOf(columns));
  if (columns instanceof Instance && listed.length === 0) return null;
  // A mask of booleans says which columns by position.
  if (listed.length > 0 && listed.every((each) => typeof each === 'boolean')) return listed.flatMap((each, at) => (each ? [at] : []));
  return listed.every((each): each is string | number => typeof each === 'string' || typeof each === 'number') ? [...listed] : null;
}
