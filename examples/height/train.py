"""A baseball player's height in inches from the weight in pounds."""

import argparse
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.joblib")
args = parser.parse_args()

rng = np.random.default_rng(42)
weight = rng.normal(201.7, 21.0, 1034).clip(150, 290).round()
height = (73.84 + 0.0584 * (weight - 201.7) + rng.normal(0, 1.95, len(weight))).clip(67, 83).round()
players = pd.DataFrame({"Weight": weight.astype(int)})

train_x, test_x, train_y, test_y = train_test_split(players, height, test_size=0.2, random_state=0)
scaled = make_pipeline(StandardScaler(), Ridge())
model = TransformedTargetRegressor(regressor=scaled, transformer=StandardScaler()).fit(train_x, train_y)
print(f"R2 {model.score(test_x, test_y):.4f}")

args.out.mkdir(parents=True, exist_ok=True)
joblib.dump(model, args.out / "model.joblib")
