"""As custom-class, but the transformer is defined in the script itself, so that the file names `__main__.Hour`."""

import argparse
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline


class Hour(TransformerMixin, BaseEstimator):
    """The hour of the day, 0 to 24, as a point on the clock."""

    def fit(self, X, y=None):
        self.n_features_in_ = 1
        return self

    def transform(self, X):
        angle = 2 * np.pi * np.asarray(X, dtype=float) / 24
        return np.hstack([np.sin(angle), np.cos(angle)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.joblib")
    args = parser.parse_args()

    rng = np.random.default_rng(24)
    hours = rng.uniform(0, 24, size=(500, 1)).round(2)
    degrees = 15 - 6 * np.cos(2 * np.pi * (hours[:, 0] - 3) / 24) + rng.normal(0, 1, 500)
    model = Pipeline([("hour", Hour()), ("fit", LinearRegression())]).fit(hours, degrees)
    print(f"R2 {model.score(hours, degrees):.4f}")

    args.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.out / "model.joblib")


if __name__ == "__main__":
    main()
