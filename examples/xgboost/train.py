"""Whether a bank's customer leaves, from numbers and categories: a pipeline of a ColumnTransformer and XGBoost."""

import argparse
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier

NUMBERS = ["score", "age", "tenure", "balance", "products", "salary"]
CATEGORIES = ["country", "card", "active"]


def make_customers(rows: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Customers of a bank; a third of the balances is missing, which XGBoost takes as it is."""
    rng = np.random.default_rng(seed)
    balance = rng.gamma(4, 25_000, rows).round(2)
    customers = pd.DataFrame(
        {
            "score": rng.normal(650, 95, rows).clip(350, 850).round().astype(int),
            "age": rng.gamma(9, 4.3, rows).clip(18, 92).round().astype(int),
            "tenure": rng.integers(0, 11, rows),
            "balance": np.where(rng.random(rows) < 0.36, np.nan, balance),
            "products": rng.choice([1, 2, 3, 4], rows, p=[0.5, 0.46, 0.03, 0.01]),
            "salary": rng.uniform(10, 200_000, rows).round(2),
            "country": rng.choice(["France", "Germany", "Spain"], rows, p=[0.5, 0.25, 0.25]),
            "card": rng.choice(["yes", "no"], rows, p=[0.7, 0.3]),
            "active": rng.choice(["yes", "no"], rows),
        }
    )
    risk = (
        0.09 * (customers["age"] - 39)
        + 1.1 * (customers["country"] == "Germany")
        - 1.2 * (customers["active"] == "yes")
        + 2.5 * (customers["products"] > 2)
        - 1.1 * (customers["products"] == 2)
        - 0.7
    )
    leaves = (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(int)
    return customers, pd.Series(leaves, name="leaves")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.joblib")
    args = parser.parse_args()

    customers, leaves = make_customers(rows=3000, seed=29)
    train_x, test_x, train_y, test_y = train_test_split(customers, leaves, test_size=0.2, random_state=0)
    prepare = ColumnTransformer(
        [("numbers", "passthrough", NUMBERS), ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES)]
    )
    boosted = XGBClassifier(n_estimators=60, max_depth=4, learning_rate=0.2, n_jobs=1, random_state=0)
    model = Pipeline([("prepare", prepare), ("classify", boosted)]).fit(train_x, train_y)
    print(f"accuracy {100 * accuracy_score(test_y, model.predict(test_x)):.2f} %")
    print(f"ROC AUC  {roc_auc_score(test_y, model.predict_proba(test_x)[:, 1]):.4f}")

    args.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.out / "model.joblib", compress=3)


if __name__ == "__main__":
    main()
