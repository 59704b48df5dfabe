/** Models as they come, through the command line: what the endpoint answers in every body shape is what predict says. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from '../python.ts';
import { Lab } from './lab.ts';

const MODELS = `
import json, sys, joblib, pickle, numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

rng = np.random.RandomState(0)
n = 120
frame = pd.DataFrame({
    "the age (years)": rng.randint(18, 90, n).astype(float), "prix.€/km": rng.gamma(2, 20, n).round(2),
    "city": rng.choice(["Oslo", "Zürich"], n).astype(object), "smoker": rng.rand(n) > 0.5, "zone": rng.choice([1, 2, 3], n),
})
frame.loc[::5, "the age (years)"] = np.nan
frame.loc[::4, "city"] = None
numbers, y = frame[["prix.€/km", "zone"]], rng.randint(0, 2, n)
category = frame.astype({"city": "category"})
texts, labels = ["free money now", "lunch at noon", "claim a prize", "see you soon"] * 5, ["spam", "ham"] * 10
mixed = frame[["zone", "city"]].fillna("?").to_numpy()

columns = make_column_transformer(
    (SimpleImputer(add_indicator=True), ["the age (years)"]), (OneHotEncoder(handle_unknown="ignore"), ["city", "zone"]),
    remainder="passthrough")
chosen = make_column_transformer((StandardScaler(), make_column_selector(dtype_include=np.number)), remainder="drop")
by_place = ColumnTransformer([("n", StandardScaler(), [0]), ("c", OneHotEncoder(), [1])])
made = {
    "columns": (make_pipeline(columns, LogisticRegression(max_iter=500)).fit(frame, y), frame),
    "boosting": (HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(category, y), category),
    "selected": (make_pipeline(chosen, Ridge()).fit(numbers, y), numbers),
    "texts": (make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels), texts),
    "outputs": (MultiOutputClassifier(RandomForestClassifier(3)).fit(numbers, np.c_[y, frame.zone]), numbers),
    "rows": (make_pipeline(by_place, LogisticRegression()).fit(mixed, y), mixed),
}

def plain(value):
    if isinstance(value, list):
        return [plain(each) for each in value]
    return None if value is None or value != value else value

told = {}
for name, (model, X) in made.items():
    head = X[:6] if not hasattr(X, "iloc") else X.iloc[:6]
    if name == "boosting":
        with open(f"{sys.argv[1]}/{name}.model", "wb") as file:
            pickle.dump(model, file, protocol=2)
    else:
        joblib.dump(model, f"{sys.argv[1]}/{name}.model", compress=("xz" if name == "rows" else "zlib", 3))
    rows = head if isinstance(head, list) else plain((head if name == "rows" else head.astype(object).to_numpy()).tolist())
    told[name] = {"names": list(getattr(head, "columns", [])), "rows": rows, "predictions": model.predict(head).tolist()}
    if hasattr(model, "predict_proba"):
        chances = model.predict_proba(head)
        several = isinstance(chances, list)
        told[name]["probabilities"] = [list(each) for each in zip(*(c.tolist() for c in chances))] if several else chances.tolist()
with open(f"{sys.argv[1]}/told.json", "w") as file:
    json.dump(told, file)
`;

interface Told {
  names: string[];
  rows: unknown[];
  predictions: unknown[];
  probabilities?: unknown[];
}

let lab: Lab;
let told: Record<string, Told>;
beforeAll(() => {
  lab = new Lab();
  execFileSync(python, ['-c', MODELS, lab.folder]);
  told = JSON.parse(readFileSync(path.join(lab.folder, 'told.json'), 'utf8')) as Record<string, Told>;
});
afterAll(() => lab.close());

async function post(url: string, body: unknown): Promise<Told> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  expect([answer.status, answer.status === 200 ? '' : await answer.clone().text()]).toEqual([200, '']);
  return (await answer.json()) as Told;
}

/** Numbers to the last bits but some: BLAS adds up a batch in another order than a row. */
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  return typeof value === 'number' && !Number.isInteger(value) ? expect.closeTo(value, 9) : value;
}

describe.each(['columns', 'boosting', 'selected', 'texts', 'outputs', 'rows'])('%s', (name) => {
  test('answers in every body shape what predict and predict_proba say', async () => {
    const { names, rows, predictions, probabilities } = told[name]!;
    const records = names.length === 0 ? rows : rows.map((row) => Object.fromEntries(names.map((each, at) => [each, (row as unknown[])[at]])));
    writeFileSync(path.join(lab.folder, 'sample.json'), JSON.stringify(records));
    const { url } = await lab.json<{ url: string }>(['deploy', `${name}.model`, '--name', name, '--sample', 'sample.json']);
    const whole = { predictions: close(predictions), ...(probabilities === undefined ? {} : { probabilities: close(probabilities) }) };
    const columns = names.length > 0 ? names : name === 'texts' ? ['text'] : [0, 1];
    const data = name === 'texts' ? rows.map((row) => [row]) : rows;
    for (const body of [records, { instances: records }, { dataframe_split: { columns, data } }]) expect(await post(url, body)).toMatchObject(whole);
    for (const [index, record] of records.entries()) {
      const alone = await post(url, record);
      expect(alone.predictions).toEqual(close(predictions.slice(index, index + 1)));
      expect(alone.probabilities).toEqual(close(probabilities?.slice(index, index + 1)));
    }
  });
});
