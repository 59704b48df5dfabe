/** Samples that are easily misread when the model itself is asked: the two sides must read them alike. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verify } from '../../src/verify/index.ts';
import { python } from '../python.ts';
import { cache, makeRelease } from './release.ts';

const MODELS = `
import sys, joblib, numpy as np, pandas as pd
from sklearn.cluster import DBSCAN
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

class Twice:
    def fit(self, X, y=None):
        return self
    def transform(self, X):
        return X * 2

rng = np.random.RandomState(0)
n = 60
frame = pd.DataFrame({"age": rng.randint(20, 80, n).astype(float), "city": rng.choice(["Oslo", "Rome"], n).astype(object)})
frame.loc[::5, "age"] = np.nan
y = rng.randint(0, 2, n)

def holes(missing, dtype=object):
    X = frame.copy()
    X["city"] = X.city.where(np.arange(n) % 4 > 0, missing).astype(dtype)
    return X

def columns():
    one_hot = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(ColumnTransformer([("c", one_hot, ["city"]), ("n", SimpleImputer(), ["age"])]), LogisticRegression())

mixed = frame.fillna({"age": 40})[["age", "city"]].to_numpy()
encode = ColumnTransformer([("n", StandardScaler(), [0]), ("c", OneHotEncoder(), [1])])
numbers = pd.DataFrame({"a": [None if k % 4 == 0 else float(k % 7) for k in range(n)], "b": rng.randn(n)}, dtype=object)
odd = pd.DataFrame(rng.randn(n, 2), columns=["instances", "dataframe_split"])
made = {
    "mixed-row": make_pipeline(encode, LogisticRegression()).fit(mixed, y),
    "text-row": make_pipeline(OneHotEncoder(), LogisticRegression()).fit(mixed[:, 1:], y),
    "nan": columns().fit(holes(np.nan), y),
    "none": columns().fit(holes(None), y),
    "categorical": HistGradientBoostingClassifier(max_iter=3, categorical_features="from_dtype").fit(holes(np.nan, "category"), y),
    "odd-names": make_pipeline(StandardScaler(), LogisticRegression()).fit(odd, y),
    "passthrough": Pipeline([("none", "passthrough"), ("m", LogisticRegression())]).fit(odd, y),
    "flag": LogisticRegression().fit(pd.DataFrame({"a": y == 1, "b": rng.randn(n)}), y),
    "own-step": make_pipeline(Twice(), LogisticRegression()).fit(odd.to_numpy(), y),
    "texts": make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good film", "fine", "bad film", "dull"] * 5, [1, 1, 0, 0] * 5),
    "mappings": make_pipeline(DictVectorizer(), LogisticRegression()).fit([{"instances": v, "x": 1} for v in range(20)], [0, 1] * 10),
    "none-numbers": make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"), LogisticRegression()).fit(numbers, y),
    "none-rows": make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"), LogisticRegression()).fit(numbers.to_numpy(), y),
    "none-text-rows": make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(holes(None)[["city"]].to_numpy(), y),
    "dbscan": DBSCAN().fit(odd),
    "not-fitted": make_pipeline(StandardScaler(), LogisticRegression()),
}
for name, model in made.items():
    joblib.dump(model, f"{sys.argv[1]}/{name}.joblib")
`;

const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-shapes-'));
beforeAll(() => void execFileSync(python, ['-c', MODELS, folder]));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
});

async function check(model: string, sample: unknown) {
  const release = makeRelease({
    artifact: { kind: 'model', file: path.join(folder, `${model}.joblib`), format: 'joblib' },
    main: model === 'own-step' ? { Twice: 'twice' } : {},
    code: { 'twice.py': 'class Twice:\n    def transform(self, X):\n        return X * 2\n' },
  });
  try {
    return (await verify(release.ctx, { ...release, sample, call: await release.serve() })).verification;
  } finally {
    await release.close();
  }
}

test.each([
  ['mixed-row', [31, 'Rome'], 'a row of a number and a text'],
  ['mixed-row', [[31, 'Rome'], [40, 'Oslo']], 'rows of numbers and texts'],
  ['text-row', ['Rome'], 'a row of one text'],
  ['nan', { age: 31, city: null }, 'a category that is missing, by itself'],
  ['nan', [{ age: null, city: 'Rome' }, { age: 31, city: null }], 'categories that are missing, among others'],
  ['none', { age: null, city: null }, 'a category that was None in training'],
  ['none', [{ age: 31, city: 'Rome' }, { age: 31, city: null }], 'the same, among others'],
  ['categorical', { age: 31, city: null }, "a missing category of pandas' own"],
  ['odd-names', { instances: 1.5, dataframe_split: -0.5 }, 'columns that are named as body shapes are'],
  ['odd-names', { dataframe_split: 1.5, instances: -0.5 }, 'the same in another order'],
  ['passthrough', { instances: 1.5, dataframe_split: -0.5 }, 'a first step that does nothing'],
  ['own-step', [1.5, -0.5], 'a row for a step of their own that knows no columns'],
  ['own-step', [[1.5, -0.5], [0, 1]], 'rows for the same'],
  ['odd-names', { instances: [{ instances: 1.5, dataframe_split: -0.5 }, { instances: 1, dataframe_split: 2 }] }, 'the shape, not the column'],
  ['odd-names', { dataframe_split: { columns: ['dataframe_split', 'instances'], data: [[1, 2], [3, 4]] } }, 'the other shape, not the column'],
  ['mappings', { instances: 3, x: 1 }, 'a key of a mapping that is named as a shape is'],
  ['mappings', { instances: [{ instances: 3, x: 1 }] }, 'the shape around a mapping'],
  ['texts', 'good film', 'one text'],
  ['texts', ['good film', 'dull', 'fine'], 'texts'],
  ['none-numbers', [{ a: null, b: 0.5 }, { a: 3, b: 1 }], 'numbers among which None stood'],
  ['none-rows', [[null, 0.5], [3, 1]], 'rows in which None stood'],
  ['none-rows', [null, 0.5], 'one row in which None stood'],
  ['none-text-rows', [[null], ['Rome']], 'rows of texts in which None stood'],
  ['flag', { a: true, b: 0.5 }, 'a boolean in a column of numbers'],
] as [string, unknown, string][])('%s answers %j as the model does: %s', async (model, sample) => {
  const { compared, largestDifference } = await check(model, sample);
  expect(compared).toBeGreaterThan(0);
  expect(largestDifference).toBeLessThan(1e-12);
});

test.each([
  ['dbscan', 'VERIFY_LOAD_FAILED', 'dbscan.joblib: DBSCAN can neither predict nor transform new data.'],
  ['not-fitted', 'VERIFY_NOT_FITTED', /^not-fitted\.joblib is not fitted: /],
])('%s is an error of the model, not of the sample', async (model, code, message) => {
  await expect(check(model, { instances: 1, dataframe_split: 2 })).rejects.toMatchObject({ code, kind: 'model', message: expect.stringMatching(message) });
});
