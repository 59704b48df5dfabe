/** LightGBM, XGBoost and CatBoost as they are fitted on DataFrames: what they answer on a laptop is what both sides must say. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verify } from '../../src/verify/index.ts';
import { python } from '../python.ts';
import { cache, makeRelease } from './release.ts';

const MODELS = `
import sys, json, joblib, numpy as np, pandas as pd, warnings
import catboost as cb, lightgbm as lgb, xgboost as xgb
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

warnings.simplefilter("ignore")
rng = np.random.RandomState(0)
n = 300
plain = pd.DataFrame({"age": rng.randint(20, 80, n), "city": rng.choice(["Oslo", "Röme", "Graz"], n), "temp": rng.normal(10, 3, n), "code": rng.choice([10, 20, 30], n)})
plain.loc[::4, "temp"] = np.nan
y = ((plain.age > 50) ^ (plain.city == "Oslo")).astype(int).to_numpy()
one = plain.assign(city=plain.city.astype("category"))
two = one.assign(code=one.code.astype("int16").astype("category"))
holes = one.copy()
holes.loc[::3, "city"] = np.nan
ordered = one.assign(city=pd.Categorical(plain.city, ["Röme", "Oslo", "Graz"], ordered=True))
numbers = plain[["age", "temp"]]
L = lambda: lgb.LGBMClassifier(n_estimators=8, min_child_samples=5, verbose=-1)
X = lambda: xgb.XGBClassifier(n_estimators=8, enable_categorical=True)
C = lambda *cats: cb.CatBoostClassifier(iterations=8, verbose=0, allow_writing_files=False, cat_features=list(cats))

def forget(model):
    """As a file of XGBoost before 3.1 is: without the levels."""
    told = json.loads(bytes(model.get_booster().save_raw("json")))
    told["learner"]["gradient_booster"]["model"].pop("cats", None)
    model.get_booster().load_model(bytearray(json.dumps(told).encode()))
    return model

made = {
    "lgb-category": (L().fit(one, y), one),
    "lgb-categories": (L().fit(two, y), two),
    "lgb-holes": (L().fit(holes, y), holes),
    "lgb-ordered": (L().fit(ordered, y), ordered),
    "lgb-declared": (L().fit(one, y, categorical_feature=["city", "code"]), one),
    "lgb-spaces": (L().fit(numbers.rename(columns={"age": "my age"}), y), numbers.rename(columns={"age": "my age"})),
    "lgb-pipeline": (Pipeline([("none", "passthrough"), ("model", L())]).fit(one, y), one),
    "lgb-voting": (VotingClassifier([("a", L()), ("b", L())], voting="soft").fit(one, y), one),
    "lgb-booster": (lgb.train({"verbose": -1, "objective": "binary"}, lgb.Dataset(one, y), 8), one),
    "xgb-numbers": (X().fit(numbers, y), numbers),
    "xgb-category": (X().fit(one, y), one),
    "xgb-categories": (X().fit(two, y), two),
    "xgb-holes": (X().fit(holes, y), holes),
    "xgb-forgotten": (forget(X().fit(one, y)), None),
    "cat-numbers": (C().fit(numbers, y), numbers),
    "cat-array": (C().fit(numbers.to_numpy(), y), numbers.to_numpy()),
    "cat-labels": (C("city", "code").fit(plain, y), plain),
    "cat-category": (C("city").fit(one, y), one),
    "cat-mixed-rows": (C(1).fit(plain[["age", "city"]].to_numpy(object), y), plain[["age", "city"]].to_numpy(object)),
}
told = {}
for name, (model, rows) in made.items():
    joblib.dump(model, f"{sys.argv[1]}/{name}.joblib")
    if rows is None:
        continue
    rows = rows[:4]
    sample = json.loads(rows.to_json(orient="records", double_precision=15)) if hasattr(rows, "to_json") else [[None if v != v else v for v in row] for row in rows.tolist()]
    told[name] = {"sample": sample, "predictions": model.predict(rows).tolist()}
    if hasattr(model, "predict_proba"):
        told[name]["probabilities"] = model.predict_proba(rows).tolist()
told["levels"] = tuple(map(int, xgb.__version__.split(".")[:2])) >= (3, 1)
json.dump(told, open(f"{sys.argv[1]}/told.json", "w"))
`;

const PACKAGES = ['lightgbm', 'xgboost-cpu', 'catboost', 'graphviz', 'narwhals', 'six'];
const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-boosting-'));
const packages = path.join(folder, 'packages');
interface Told { sample: unknown[]; predictions: unknown; probabilities?: unknown }
let told: Record<string, Told>;

beforeAll(() => {
  const uv = path.join(path.dirname(python), process.platform === 'win32' ? 'uv.exe' : 'uv');
  execFileSync(uv, ['pip', 'install', '--quiet', '--python', python, '--target', packages, '--no-deps', '--only-binary', ':all:', '--compile-bytecode', ...PACKAGES]);
  execFileSync(python, ['-c', MODELS, folder], { env: { ...process.env, PYTHONPATH: packages } });
  told = JSON.parse(readFileSync(path.join(folder, 'told.json'), 'utf8')) as Record<string, Told>;
}, 600_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
});

async function check(model: string, sample: unknown, hooks?: string) {
  const release = makeRelease({
    artifact: { kind: 'model', file: path.join(folder, `${model}.joblib`), format: 'joblib' },
    packages,
    ...(hooks === undefined ? {} : { hooks: 'hooks', code: { 'hooks.py': hooks } }),
  });
  try {
    return await verify(release.ctx, { ...release, sample, call: await release.serve() });
  } finally {
    await release.close();
  }
}

const LEVELS = /^xgb-(category|categories|holes)$/;
const UNTOLD = { code: 'VERIFY_LOAD_FAILED', message: expect.stringMatching(/pandas categories.*XGBoost saves the levels/), hint: expect.stringMatching(/OrdinalEncoder/) };

test.each([
  'lgb-category', 'lgb-categories', 'lgb-holes', 'lgb-ordered', 'lgb-declared', 'lgb-spaces', 'lgb-pipeline', 'lgb-voting', 'lgb-booster',
  'xgb-numbers', 'xgb-category', 'xgb-categories', 'xgb-holes',
  'cat-numbers', 'cat-array', 'cat-labels', 'cat-category', 'cat-mixed-rows',
])('%s answers as on a laptop', async (name) => {
  const { sample, ...own } = told[name] as Told;
  if (LEVELS.test(name) && !told['levels']) {
    await expect(check(name, sample)).rejects.toMatchObject(UNTOLD);
    return;
  }
  const { verification, sample: kept } = await check(name, sample);
  expect(verification).toMatchObject({ method: 'sample', compared: 5 });
  expect(verification.largestDifference).toBeLessThan(1e-12);
  expect(kept?.answers[0]).toMatchObject(own);
});

test('a file that does not hold the levels is told so, unless a hook makes the DataFrame', async () => {
  const { sample, probabilities } = told['xgb-category'] as Told;
  await expect(check('xgb-forgotten', sample)).rejects.toMatchObject(UNTOLD);
  const hooks = 'import pandas\n\n\ndef preprocess(body):\n    frame = pandas.DataFrame(body)\n    levels = pandas.CategoricalDtype(["Graz", "Oslo", "Röme"])\n    return frame.assign(city=frame.city.astype(levels), temp=frame.temp.astype(float))\n';
  const { sample: kept } = await check('xgb-forgotten', sample, hooks);
  expect(kept?.answers[0]).toMatchObject({ probabilities });
});
