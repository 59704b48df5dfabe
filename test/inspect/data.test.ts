import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertSafe } from '../../src/inspect/index.ts';
import type { ModelFileCard } from '../../src/card.ts';
import { python } from '../python.ts';
import { Folder } from './cards.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const sklearnVersion = execFileSync(python, ['-c', 'import importlib.metadata as m; print(m.version("scikit-learn"), end="")'], { encoding: 'utf8' });

const SETUP = `
import json, pickle, sys, types, joblib, numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = [[0.0], [1.0], [2.0]], [0, 1, 2]
scaler, line = StandardScaler().fit(X), LinearRegression().fit(X, y)
frame = pd.DataFrame({"n": [1.0, 2.0, 3.0], "c": pd.Categorical(["a", "b", "a"])})
# What XGBoost and its like pickle, without them: the version lies in the bytes of the booster.
def held(module, name, state):
    sys.modules.setdefault(module.split(".")[0], types.ModuleType(module.split(".")[0]))
    sys.modules[module] = sys.modules.get(module) or types.ModuleType(module)
    kind = getattr(sys.modules[module], name, None) or type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, kind)
    made = kind()
    made.__dict__.update(state)
    return made
def boosted(head):
    booster = held("xgboost.core", "Booster", {"handle": bytearray(head)})
    return held("xgboost.sklearn", "XGBRegressor", {"n_estimators": 5, "_Booster": booster})
def wrapped(model):
    outer = StandardScaler()
    outer.__dict__.update(n_features_in_=0, estimator=model)
    return outer
CBM = b"CBM1" + bytes(30_000) + b"Git info:\\n    Commit: b1bd2a6d\\n    Branch: tags/v1.2.10\\n    Author: a\\n"
MASTER = b"CBM1" + b"Git info:\\n    Branch: heads/master\\n    Summary: Correct debug trap for M1\\n"
def cat(data):
    return held("catboost.core", "CatBoostClassifier", {"iterations": 3, "__model": data})
UBJ = b"{L" + bytes(7) + b"\\x06Config{L" + bytes(7) + b"\\x07version[#L" + bytes(7) + b"\\x03i\\x03i\\x04i\\x01}"
TEXT = b'{"learner": {}, "version": [1, 7, 6]}'
for number, expression in enumerate(json.loads(sys.argv[2])):
    joblib.dump(eval(expression), f"{sys.argv[1]}/{number}.joblib")
    with open(f"{sys.argv[1]}/{number}.2.pkl", "wb") as file:
        pickle.dump(eval(expression), file, 2)
`;

const DATA = [
  ['{"model": line, "columns": ["a"]}', "The file holds a dictionary, not an estimator; in it is LinearRegression at ['model'].", "joblib.dump(saved['model'], path)"],
  ['[line]', 'The file holds a list, not an estimator; in it is LinearRegression at [0].', 'joblib.dump(saved[0], path)'],
  ['(scaler, line)', 'The file holds a tuple, not an estimator; in it are StandardScaler at [0], LinearRegression at [1].', 'make_pipeline'],
  ['{"a": 1}', 'The file holds a dictionary and no estimator.', 'joblib.dump(model, path)'],
  ['np.arange(9)', 'The file holds a NumPy array and no estimator.', 'joblib.dump(model, path)'],
  ['pd.DataFrame({"a": [1]})', 'The file holds a DataFrame and no estimator.', 'joblib.dump(model, path)'],
  ['pd.Series(["a", "b"], dtype=pd.StringDtype("python", np.nan))', 'The file holds a Series and no estimator.', 'joblib.dump(model, path)'],
  ['"text"', 'The file holds a string and no estimator.', 'joblib.dump(model, path)'],
] as const;

const SAFE = [
  ['make_column_selector(dtype_include=np.number)', 'ColumnTransformer([("n", StandardScaler(), make_column_selector(dtype_include=np.number))]).fit(frame)'],
  ['boosting on categories', 'HistGradientBoostingRegressor(max_iter=2, categorical_features="from_dtype").fit(frame, y)'],
] as const;

const BOOSTED = [
  ['boosted(UBJ)', { xgboost: '3.4.1' }],
  ['boosted(TEXT)', { xgboost: '1.7.6' }],
  ['boosted(b"")', {}],
  ['boosted(UBJ + bytes(10_000_000))', { xgboost: '3.4.1' }],
  ['cat(CBM)', { catboost: '1.2.10' }],
  ['cat(CBM + bytes(10_000_000))', { catboost: '1.2.10' }],
  ['cat(MASTER)', {}],
  ['cat(b"CBM1")', {}],
  ['make_pipeline(StandardScaler(), boosted(UBJ))', { 'scikit-learn': sklearnVersion, xgboost: '3.4.1' }],
] as const;

const COUNTED = [
  ['cat(CBM)', null],
  ['wrapped(cat(CBM))', null],
  ['held("lightgbm.sklearn", "LGBMRegressor", {"_n_features_in": -1, "_n_features": -1})', null],
  ['held("lightgbm.sklearn", "LGBMRegressor", {"_n_features_in": 4, "_n_features": 4})', 4],
  ['wrapped(line)', 1],
  ['wrapped(StandardScaler())', 0],
] as const;

const expressions: string[] = ['{"a": np.float64(1)}', ...[...DATA, ...BOOSTED, ...COUNTED].map(([expression]) => expression), ...SAFE.map(([, expression]) => expression)];
beforeAll(() => void execFileSync(python, ['-c', SETUP, folder.path, JSON.stringify(expressions)]));

/** The card of what a Python expression makes, dumped with joblib. */
async function cardOf(expression: string): Promise<ModelFileCard> {
  return (await folder.inspect(`${expressions.indexOf(expression)}.joblib`)) as ModelFileCard;
}

test.each(DATA)('%s is data, and is not deployed', async (expression, message, hint) => {
  const card = await cardOf(expression);
  expect(card.findings).toMatchObject([{ severity: 'error', code: 'no-estimator', message }]);
  expect(card.findings[0]?.hint).toContain(hint);
  expect(() => assertSafe(card, { trust: false })).toThrow(expect.objectContaining({ code: 'MODEL_NO_ESTIMATOR', kind: 'model', message }));
});

test.each(SAFE)('%s is safe', async (_, expression) => {
  const card = await cardOf(expression);
  expect(card).toMatchObject({ safe: true, findings: [], featureNames: ['n', 'c'] });
});

test('arrays that joblib 1.2 or newer wrote need it to be read', async () => {
  expect(await cardOf('np.arange(9)')).toMatchObject({ atLeast: { joblib: '1.2.0' } });
  const core = await cardOf('{"a": np.float64(1)}');
  expect(core.atLeast).toEqual(core.globals.some(({ module }) => module.startsWith('numpy._core')) ? { numpy: '2.0.0' } : {});
  expect(core.globals.length).toBeGreaterThan(0);
  expect(await cardOf('{"a": 1}')).toMatchObject({ atLeast: {} });
});

test.each(BOOSTED)('the versions that %s names', async (expression, versions) => {
  const card = await cardOf(expression);
  expect(card).toMatchObject({ safe: true, versions });
  expect(card.versions).toEqual(versions);
  expect(((await folder.inspect(`${expressions.indexOf(expression)}.2.pkl`)) as ModelFileCard).versions).toEqual(versions);
});

test.each(COUNTED)('the number of features of %s', async (expression, featureCount) => {
  const { findings, ...card } = await cardOf(expression);
  expect(card).toMatchObject({ safe: true, featureCount });
  expect(findings).toEqual(featureCount === 0 ? [expect.objectContaining({ code: 'no-features' })] : []);
});
