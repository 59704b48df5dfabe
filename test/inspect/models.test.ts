import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { EstimatorNode, ModelFileCard } from '../../src/card.ts';
import { python } from '../python.ts';
import { Folder } from './cards.ts';

interface Truth {
  class: string;
  version: string;
  features: unknown[] | null;
  count: number | null;
  classes: unknown[] | null;
  outputs: unknown[] | null;
}

const folder = new Folder();
afterAll(() => folder.remove());

async function dump(which: 'estimators' | 'composed'): Promise<Map<string, Truth>> {
  const script = path.join(import.meta.dirname, 'dump_models.py');
  const { stdout } = await promisify(execFile)(python, [script, folder.path, which], { maxBuffer: 2 ** 26 });
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, Truth>));
}

const cardOf = async (file: string): Promise<ModelFileCard> => (await folder.inspect(file)) as ModelFileCard;

const sketch = (node: EstimatorNode): string => {
  const name = node.name === undefined ? '' : `${node.name}=`;
  const columns = node.columns === undefined ? '' : `[${node.columns.join(' ')}]`;
  const inside = node.children.length === 0 ? '' : `(${node.children.map(sketch).join(', ')})`;
  return `${name}${node.class.split('.').at(-1)}${columns}${inside}`;
};

describe('every estimator of scikit-learn', () => {
  test('is safe to load, and its card says of it what it says of itself', async () => {
    const models = await dump('estimators');
    const wrong: string[] = [];
    for (const [file, truth] of models) {
      const card = await cardOf(file);
      const said = {
        class: card.estimator?.class,
        version: card.framework?.version,
        features: card.featureNames,
        // A card may know more than the model says of itself: what its parts were fitted on.
        count: truth.count === null || file.startsWith('SparseCoder.') ? truth.count : card.featureCount,
        classes: truth.classes === null ? null : card.classes,
        outputs: truth.outputs === null ? null : (card.outputClasses ?? null),
      };
      const errors = card.findings.filter(({ severity }) => severity === 'error');
      if (!card.safe || errors.length > 0 || JSON.stringify(said) !== JSON.stringify(truth)) wrong.push(`${file}: ${JSON.stringify({ said, truth, errors })}`);
    }
    expect(wrong).toEqual([]);
    expect(models.size).toBeGreaterThan(1_000);
  });
});

describe('composed models', async () => {
  const models = await dump('composed');

  test.each([...models])('%s', async (file, truth) => {
    const card = await cardOf(file);
    expect(card.findings).toEqual([]);
    expect(card).toMatchObject({ safe: true, framework: { name: 'scikit-learn', version: truth.version } });
    expect(card.estimator?.class).toBe(truth.class);
    expect(card.featureNames).toEqual(truth.features);
    expect(card.featureCount).toBe(truth.count);
    expect(card.classes).toEqual(truth.classes);
    expect(card.outputClasses ?? null).toEqual(truth.outputs);
    expect(card.distributions.includes('pandas')).toBe(truth.features !== null);
  });

  test.each([
    ['search.joblib', 'GridSearchCV(best_estimator=Pipeline(prepare=ColumnTransformer(numbers=Pipeline[a b](impute=SimpleImputer, scale=StandardScaler), categories=OneHotEncoder[cat], rest=FunctionTransformer[c], remainder=drop[3]), union=FeatureUnion(powers=PolynomialFeatures, best=SelectKBest), vote=VotingClassifier(line=LogisticRegression, forest=RandomForestClassifier)))'],
    ['stack.4.pkl', 'StackingClassifier(line=LogisticRegression, machine=SVC, final_estimator=RidgeClassifier)'],
    ['calibrated.2.pkl', 'CalibratedClassifierCV(estimator=LinearSVC)'],
    ['target.0.pkl', 'TransformedTargetRegressor(regressor=Ridge, transformer=FunctionTransformer)'],
    ['mask.zlib', 'ColumnTransformer(standardscaler=StandardScaler[0 2], minmaxscaler=MinMaxScaler[b])'],
    ['boosting.5.pkl', 'Pipeline(columntransformer=ColumnTransformer(ordinalencoder=OrdinalEncoder[cat], remainder=StandardScaler[0 1 2 3]), histgradientboostingclassifier=HistGradientBoostingClassifier)'],
    ['not-fitted.3.pkl', 'Pipeline(standardscaler=StandardScaler, logisticregression=LogisticRegression)'],
  ])('%s is drawn as a tree', async (file, tree) => {
    expect(sketch((await cardOf(file)).estimator!)).toBe(tree);
  });
});

const MANY = `
import pickle, pickletools, sys
import joblib, numpy as np

numbers = [np.arange(at % 5) for at in range(60_000)]
texts = [np.array(["a", "b"], dtype=object) for _ in range(30_000)]
NODE = np.dtype([("left", "i8"), ("value", "f8")])
nodes = [np.zeros(1, NODE) for _ in range(40_000)]
for name, arrays in {"numbers": numbers, "texts": texts, "nodes": nodes}.items():
    plain = pickle.dumps(arrays, 4)
    for ending, data in {"4.pkl": plain, "2.pkl": pickle.dumps(arrays, 2), "optimized.pkl": pickletools.optimize(plain)}.items():
        with open(f"{sys.argv[1]}/{name}.{ending}", "wb") as file:
            file.write(data)
joblib.dump(nodes, f"{sys.argv[1]}/nodes.joblib")
`;

test('a model of very many arrays, as a large forest is, is followed to its end', async () => {
  await promisify(execFile)(python, ['-c', MANY, folder.path]);
  const files = ['numbers', 'texts', 'nodes'].flatMap((name) => ['4.pkl', '2.pkl', 'optimized.pkl'].map((ending) => `${name}.${ending}`));
  for (const file of [...files, 'nodes.joblib']) {
    const { safe, findings } = await cardOf(file);
    expect({ file, safe, errors: findings.map(({ code }) => code) }).toEqual({ file, safe: true, errors: ['no-estimator'] });
  }
});
