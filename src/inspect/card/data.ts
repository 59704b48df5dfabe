/** Files that hold data instead of an estimator: a dictionary with the model in it, (scaler, model), an array. */
import { ArrayValue, Collection, Instance, type Value } from '../pickle/values.ts';
import { isEstimator } from './estimators.ts';

const HINT = 'Save the fitted estimator alone, with joblib.dump(model, path).';
const NUMERIC = new Set(['numpy', 'scipy', 'pandas']);

/** What the file holds and what to do, when it is surely nothing that predicts; null when it may be. */
export function dataOf(root: Value): { message: string; hint: string } | null {
  const kind = kindOf(root);
  if (kind === null) return null;
  const members = root instanceof Collection ? membersOf(root) : [];
  const models = members.filter((each): each is Member & { value: Instance } => isEstimator(each.value));
  const message = `The file holds ${kind} and no estimator.`;
  const [first, second] = models;
  if (first === undefined) return { message, hint: HINT };
  const named = models.slice(0, 5).map(({ place, value }) => `${value.made.name} at ${place}`).join(', ');
  const told = `The file holds ${kind}, not an estimator; in it ${models.length === 1 ? 'is' : 'are'} ${named}.`;
  if (second === undefined) return { message: told, hint: `Save that alone: joblib.dump(saved${first.place}, path).` };
  const hint = 'Save the one that predicts, or those that belong together as one Pipeline (sklearn.pipeline.make_pipeline);';
  return { message: told, hint: `${hint} or deploy a function that loads the file: FILE.py:function.` };
}

function kindOf(root: Value): string | null {
  if (root instanceof Collection) return root.kind === 'dict' ? 'a dictionary' : `a ${root.kind}`;
  if (root instanceof ArrayValue) return 'a NumPy array';
  if (root instanceof Instance) return NUMERIC.has(root.made.verdict.distribution ?? '') ? ofClass(root.made.name) : null;
  if (typeof root === 'string') return 'a string';
  return ['number', 'bigint', 'boolean'].includes(typeof root) ? 'a number' : root === null ? 'None' : null;
}

function ofClass(name: string): string {
  if (name === '_reconstruct' || name === '_frombuffer') return 'a NumPy array';
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`;
}

interface Member {
  /** As Python indexes it: `['model']`, `[0]`. */
  place: string;
  value: Value;
}

function membersOf({ kind, items }: Collection): Member[] {
  if (kind !== 'dict') return items.map((value, at) => ({ place: `[${at}]`, value }));
  return items.flatMap((value, at) => {
    const key = items[at - 1];
    return at % 2 === 1 ? [{ place: typeof key === 'string' ? `['${key}']` : `[${String(key)}]`, value }] : [];
  });
}
