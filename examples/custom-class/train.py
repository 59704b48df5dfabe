"""Is a flat overpriced? A pipeline with a transformer class of our own, from features.py."""

import argparse
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from features import Ratio
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.joblib")
args = parser.parse_args()

rng = np.random.default_rng(7)
area = rng.uniform(20, 150, 800).round(1)
price = (area * rng.normal(4000, 900, 800).clip(1500)).round(-2)
flats = pd.DataFrame({"price": price, "area": area})
label = np.where(price / area > 4300, "overpriced", "fair")

train_x, test_x, train_y, test_y = train_test_split(flats, label, test_size=0.25, random_state=0)
steps = [("ratio", Ratio("price", "area")), ("scale", StandardScaler()), ("classify", LogisticRegression())]
model = Pipeline(steps).fit(train_x, train_y)
print(f"accuracy {model.score(test_x, test_y):.4f}")

args.out.mkdir(parents=True, exist_ok=True)
joblib.dump(model, args.out / "model.joblib")
