"""A logistic regression on ten yes/no answers, pickled the way a 2019 tutorial did it."""

import argparse
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.pkl")
args = parser.parse_args()

columns = [f"G{i}" for i in range(1, 11)]
weights = np.array([0.6, -0.4, 1.1, 0.2, -0.9, 0.5, 0.8, -0.3, 1.3, -0.7])
rng = np.random.default_rng(2019)
games = pd.DataFrame(rng.integers(0, 2, size=(5000, 10)), columns=columns)
chance = 1 / (1 + np.exp(3.15 - games.to_numpy() @ weights))
label = (rng.random(len(games)) < chance).astype(int)

train_x, test_x, train_y, test_y = train_test_split(games, label, test_size=0.2, random_state=0)
model = LogisticRegression().fit(train_x, train_y)
print(f"accuracy {accuracy_score(test_y, model.predict(test_x)):.4f}")
print(f"ROC AUC  {roc_auc_score(test_y, model.predict_proba(test_x)[:, 1]):.4f}")

args.out.mkdir(parents=True, exist_ok=True)
with open(args.out / "model.pkl", "wb") as file:
    pickle.dump(model, file)
