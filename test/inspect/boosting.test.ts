/** Files of LightGBM and XGBoost, real ones: which of them want a DataFrame. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelFileCard } from '../../src/card.ts';
import { python } from '../python.ts';
import { Folder } from './cards.ts';

const MODELS = `
import pickle, sys, warnings
import joblib, lightgbm as lgb, numpy as np, pandas as pd, xgboost as xgb
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

warnings.simplefilter("ignore")
rng = np.random.RandomState(0)
n = 200
numbers = pd.DataFrame({"age": rng.randint(20, 80, n), "temp": rng.normal(size=n)})
levels = numbers.assign(city=pd.Categorical(rng.choice(["a", "b", "c"], n)))
wide = levels.assign(**{f"x{i}": rng.normal(size=n) for i in range(60)})
y = (numbers.age > 50).astype(int).to_numpy()
L = lambda: lgb.LGBMClassifier(n_estimators=3, verbose=-1)
X = lambda **more: xgb.XGBClassifier(n_estimators=3, enable_categorical=True, **more)
train = lambda data: lgb.train({"verbose": -1, "objective": "binary"}, lgb.Dataset(data, y), 3)
boost = lambda data: xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(data, y, enable_categorical=True), 3)
made = {
    "lgb-category": L().fit(levels, y), "lgb-numbers": L().fit(numbers, y), "lgb-array": L().fit(numbers.to_numpy(), y),
    "lgb-booster-category": train(levels), "lgb-booster-numbers": train(numbers), "lgb-booster-array": train(numbers.to_numpy()),
    "lgb-pipeline-category": Pipeline([("none", "passthrough"), ("model", L())]).fit(levels, y),
    "xgb-category": X().fit(levels, y), "xgb-numbers": X().fit(numbers, y), "xgb-array": X().fit(numbers.to_numpy(), y),
    "xgb-booster-category": boost(levels), "xgb-booster-numbers": boost(numbers), "xgb-booster-array": boost(numbers.to_numpy()),
    "xgb-voting-category": VotingClassifier([("a", X()), ("b", X())]).fit(levels, y),
    "xgb-large-category": X(max_depth=8).set_params(n_estimators=400).fit(wide, rng.randint(0, 2, n)),
}
for name, model in made.items():
    joblib.dump(model, f"{sys.argv[1]}/{name}.joblib")
    joblib.dump(model, f"{sys.argv[1]}/{name}.zlib", compress=("zlib", 3))
    for protocol in (2, 5):
        with open(f"{sys.argv[1]}/{name}.{protocol}.pkl", "wb") as file:
            pickle.dump(model, file, protocol)
`;

const PACKAGES = ['lightgbm', 'xgboost-cpu', 'narwhals'];
const packages = mkdtempSync(path.join(os.tmpdir(), 'mlfn-boosters-'));
const folder = new Folder();

beforeAll(() => {
  const uv = path.join(path.dirname(python), process.platform === 'win32' ? 'uv.exe' : 'uv');
  execFileSync(uv, ['pip', 'install', '--quiet', '--python', python, '--target', packages, '--no-deps', '--only-binary', ':all:', ...PACKAGES]);
  execFileSync(python, ['-c', MODELS, folder.path], { env: { ...process.env, PYTHONPATH: packages } });
}, 600_000);
afterAll(() => {
  rmSync(packages, { recursive: true, force: true });
  folder.remove();
});

const FILES = ['joblib', 'zlib', '2.pkl', '5.pkl'];
const cards = (name: string) => Promise.all(FILES.map(async (each) => (await folder.inspect(`${name}.${each}`)) as ModelFileCard));

test.each(['lgb', 'lgb-booster', 'lgb-pipeline', 'xgb', 'xgb-booster', 'xgb-voting', 'xgb-large'])('%s fitted on a column of categories needs pandas', async (name) => {
  for (const { safe, distributions } of await cards(`${name}-category`)) expect({ safe, distributions }).toMatchObject({ safe: true, distributions: expect.arrayContaining(['pandas']) });
});

// The wrappers' enable_categorical is True in each of XGBoost's.
test.each(['lgb-numbers', 'lgb-array', 'lgb-booster-numbers', 'lgb-booster-array', 'xgb-numbers', 'xgb-array', 'xgb-booster-numbers', 'xgb-booster-array'])('%s needs none', async (name) => {
  for (const { safe, distributions } of await cards(name)) {
    expect(safe).toBe(true);
    expect(distributions).not.toContain('pandas');
  }
});
