"""Heart disease from 13 columns: a ColumnTransformer and a logistic regression, on a pandas DataFrame."""

import argparse
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["age", "trestbps", "chol", "thalach", "oldpeak"]
CATEGORIES = ["sex", "cp", "fbs", "restecg", "exang", "slope", "ca", "thal"]
COLUMNS = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope"] + [
    "ca",
    "thal",
]


def make_patients(rows: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Same columns, types and ranges as the Cleveland study; the risks have the signs that it found."""
    rng = np.random.default_rng(seed)
    age = rng.normal(54, 9, rows).clip(29, 77).round().astype(int)
    patients = pd.DataFrame(
        {
            "age": age,
            "sex": rng.binomial(1, 0.68, rows),
            "cp": rng.choice(4, rows, p=[0.47, 0.17, 0.28, 0.08]),
            "trestbps": rng.normal(131, 17, rows).clip(94, 200).round().astype(int),
            "chol": rng.normal(246, 51, rows).clip(126, 564).round().astype(int),
            "fbs": rng.binomial(1, 0.15, rows),
            "restecg": rng.choice(3, rows, p=[0.48, 0.5, 0.02]),
            "thalach": (205 - age + rng.normal(0, 20, rows)).clip(71, 202).round().astype(int),
            "exang": rng.binomial(1, 0.33, rows),
            "oldpeak": rng.exponential(1.04, rows).clip(0, 6.2).round(1),
            "slope": rng.choice(3, rows, p=[0.07, 0.46, 0.47]),
            "ca": rng.choice(4, rows, p=[0.58, 0.22, 0.13, 0.07]),
            "thal": rng.choice([1, 2, 3], rows, p=[0.06, 0.55, 0.39]),
        }
    )
    risk = (
        0.05 * (patients["age"] - 54)
        + 1.6 * patients["sex"]
        + 2.2 * (patients["cp"] == 0)
        + 0.02 * (patients["trestbps"] - 131)
        + 0.006 * (patients["chol"] - 246)
        - 0.04 * (patients["thalach"] - 150)
        + 1.2 * patients["exang"]
        + 0.9 * patients["oldpeak"]
        + 1.5 * patients["ca"]
        + 1.7 * (patients["thal"] == 3)
        - 5.8
    )
    sick = (rng.random(rows) < 1 / (1 + np.exp(-1.8 * risk))).astype(int)
    return patients[COLUMNS], pd.Series(sick, name="target")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.joblib")
    args = parser.parse_args()

    patients, sick = make_patients(rows=1200, seed=13)
    train_x, test_x, train_y, test_y = train_test_split(patients, sick, test_size=0.2, random_state=0)
    prepare = ColumnTransformer(
        [("numbers", StandardScaler(), NUMBERS), ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES)]
    )
    model = Pipeline([("prepare", prepare), ("classify", LogisticRegression(max_iter=1000))]).fit(train_x, train_y)
    print(f"train accuracy {100 * accuracy_score(train_y, model.predict(train_x)):.2f} %")
    print(f"test accuracy  {100 * accuracy_score(test_y, model.predict(test_x)):.2f} %")
    print(f"ROC AUC        {roc_auc_score(test_y, model.predict_proba(test_x)[:, 1]):.4f}")

    args.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.out / "model.joblib")


if __name__ == "__main__":
    main()
