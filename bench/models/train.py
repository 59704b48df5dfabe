"""Trains the models of the measurements: train.py FOLDER [NAME ...] makes FOLDER/NAME/ for each (all when none is named).

In it: model.joblib; again.joblib, the same model trained on other rows; one.json and batch.json, bodies as a client posts them;
answers.json, `{"model" | "again": {"one" | "batch": {"predictions", "probabilities"}}}`; requirements.txt, every package pinned;
card.json, `{"title", "shape"}`, where the shape is that of a record: an object of `columns`, a `row` of numbers, or a `text`.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

BATCH = 100
LEARN = ("scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl")
FRAMES = ("pandas", "python-dateutil", "pytz", "tzdata")


def logistic(seed):
    """A table of people with numbers, categories and holes."""
    rng = np.random.default_rng(seed)
    rows = 1000
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "income": rng.lognormal(10, 0.6, rows).round(2),
            "balance": rng.normal(500, 900, rows).round(2),
            "city": rng.choice(["Basel", "Bern", "Geneva", "Zurich"], rows),
            "plan": rng.choice(["basic", "plus", "pro"], rows, p=[0.6, 0.3, 0.1]),
        }
    )
    leaves = (frame.age / 60 - frame.balance / 700 + (frame.plan == "pro") + rng.normal(0, 0.5, rows) > 0.5).astype(int)
    frame.loc[rng.random(rows) < 0.05, "balance"] = np.nan
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, ["age", "income", "balance"]), (OneHotEncoder(handle_unknown="ignore"), ["city", "plan"])
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000)), frame, leaves


def numbers(seed, rows=2000, columns=20):
    return make_classification(rows, columns, n_informative=10, n_classes=3, random_state=seed)


def forest(seed):
    return RandomForestClassifier(300, random_state=seed), *numbers(seed)


def boosting(seed):
    rows, classes = numbers(seed, 5000)
    rows[np.random.default_rng(seed).random(rows.shape) < 0.05] = np.nan
    return HistGradientBoostingClassifier(random_state=seed), rows, classes


def texts(seed):
    """Two subjects that share most of their words, each word as rare as in a language (Zipf)."""
    rng = np.random.default_rng(seed)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words = np.unique(["".join(rng.choice(syllables, rng.integers(2, 5))) for _ in range(6000)])
    weights = 1 / np.arange(1, len(words) + 1)
    subjects = [words[rng.permutation(len(words))], None]
    subjects[1] = np.concatenate([subjects[0][50:100], subjects[0][:50], subjects[0][100:]])
    classes = rng.integers(0, 2, 2000)
    drawn = [" ".join(rng.choice(subjects[each], 40, p=weights / weights.sum())) for each in classes]
    return make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)), np.array(drawn, dtype=object), classes


def neighbours(seed):
    images, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    return KNeighborsClassifier(5), images[order], digits[order]


def xgboost(seed):
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=200, max_depth=6, random_state=seed, n_jobs=1), *numbers(seed)


def lightgbm(seed):
    from lightgbm import LGBMClassifier

    rows, classes = numbers(seed)
    frame = pd.DataFrame(rows, columns=[f"x{index}" for index in range(rows.shape[1])])
    return LGBMClassifier(n_estimators=200, random_state=seed, n_jobs=1, verbose=-1), frame, classes


MODELS = {
    "logistic": ("LogisticRegression on pandas columns", logistic, "columns", LEARN + FRAMES),
    "forest": ("RandomForest(300)", forest, "row", LEARN),
    "boosting": ("HistGradientBoosting", boosting, "row", LEARN),
    "texts": ("TF-IDF + LogisticRegression", texts, "text", LEARN),
    "neighbours": ("KNN on digits", neighbours, "row", LEARN),
    "xgboost": ("XGBoost", xgboost, "row", (*LEARN, "xgboost-cpu")),
    "lightgbm": ("LightGBM", lightgbm, "columns", (*LEARN, *FRAMES, "lightgbm")),
}


def main(folder, *names):
    for name in names or MODELS:
        title, make, shape, needs = MODELS[name]
        made = Path(folder, name)
        made.mkdir(parents=True, exist_ok=True)
        model, data, classes = make(0)
        asked = data[-BATCH:]  # the last rows are not learned
        again, others, labels = make(1)
        answers = {}
        for what, estimator, x, y in (("model", model, data, classes), ("again", again, others, labels)):
            estimator.fit(x[:-BATCH], y[:-BATCH])
            joblib.dump(estimator, made / f"{what}.joblib")
            answers[what] = {"one": answer(estimator, asked[:1]), "batch": answer(estimator, asked)}
        records = json.loads(asked.to_json(orient="records")) if shape == "columns" else holes(asked.tolist())
        write(made / "one.json", records[0])
        write(made / "batch.json", {"instances": records})
        write(made / "answers.json", answers)
        write(made / "card.json", {"title": title, "shape": shape})
        pins = [f"{each}=={version(each)}" for each in sorted(needs)]
        (made / "requirements.txt").write_text("\n".join(pins) + "\n")


def answer(model, data):
    return {"predictions": model.predict(data).tolist(), "probabilities": model.predict_proba(data).tolist()}


def holes(rows):
    return [[None if value != value else value for value in row] if isinstance(row, list) else row for row in rows]


def write(file, value):
    file.write_text(json.dumps(value) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
