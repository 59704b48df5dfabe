"""Makes the packages that the page's tests serve: python packages.py FOLDER. Seeded; nothing is fetched."""

import json
import os
import sys

import joblib
import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def write(folder, name, model):
    """One package with a model."""
    os.makedirs(os.path.join(folder, name, "model"))
    joblib.dump(model, os.path.join(folder, name, "model", "model.joblib"))
    settings = {"schema": 1, "name": name, "hooks": None, "main": {}}
    settings["artifact"] = {"kind": "model", "path": "model/model.joblib", "format": "joblib"}
    with open(os.path.join(folder, name, "settings.json"), "w", encoding="utf-8") as file:
        json.dump(settings, file)


def heart(random):
    """Numbers that may be missing, numbers that may not, and two kinds of categories."""
    data = pandas.DataFrame(
        {
            "age": random.integers(29, 78, 300),
            "chol": random.normal(240, 40, 300),
            "trestbps": random.normal(130, 15, 300),
            "cp": random.choice(["typical", "atypical", "asymptomatic"], 300),
            "thal": random.choice(["normal", "fixed", "reversible"], 300),
        }
    )
    outcome = numpy.where(data.age + (data.cp == "typical") * 20 > 55, "heart-disease", "no disease")
    columns = ColumnTransformer(
        [
            ("holes", make_pipeline(SimpleImputer(), StandardScaler()), ["chol"]),
            ("numbers", StandardScaler(), ["age", "trestbps"]),
            ("closed", OneHotEncoder(), ["cp"]),
            ("open", OneHotEncoder(handle_unknown="ignore"), ["thal"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(data, outcome)


def main(folder):
    """All packages."""
    random = numpy.random.default_rng(7)
    write(folder, "heart", heart(random))
    words = ["good film", "fine and good", "bad film", "dull and bad"] * 5
    write(
        folder,
        "words",
        make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(words, ["up", "up", "down", "down"] * 5),
    )
    rows = random.normal(size=(50, 3))
    write(folder, "rows", LinearRegression().fit(rows, rows @ [1.0, 2.0, 3.0]))
    wide = random.normal(size=(80, 100))
    write(folder, "wide", LogisticRegression().fit(wide, wide[:, 0] > 0))


main(sys.argv[1])
