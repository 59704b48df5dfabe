"""How many bicycles are rented in an hour: a pipeline of a ColumnTransformer and LightGBM."""

import argparse
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from sklearn.compose import ColumnTransformer
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

NUMBERS = ["hour", "temperature", "humidity", "wind"]
CATEGORIES = ["season", "weather", "holiday"]


def make_hours(rows: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Hours of a year of a city's bicycles."""
    rng = np.random.default_rng(seed)
    season = rng.choice(["spring", "summer", "autumn", "winter"], rows)
    warmth = pd.Series(season).map({"spring": 12, "summer": 23, "autumn": 13, "winter": 3}).to_numpy()
    hours = pd.DataFrame(
        {
            "hour": rng.integers(0, 24, rows),
            "temperature": (warmth + rng.normal(0, 5, rows)).round(1),
            "humidity": rng.uniform(20, 100, rows).round().astype(int),
            "wind": rng.gamma(2, 6, rows).round(1),
            "season": season,
            "weather": rng.choice(["clear", "clouds", "rain"], rows, p=[0.65, 0.25, 0.1]),
            "holiday": rng.choice(["yes", "no"], rows, p=[0.1, 0.9]),
        }
    )
    rush = np.exp(-((hours["hour"] - 8) ** 2) / 3) + 1.3 * np.exp(-((hours["hour"] - 17.5) ** 2) / 5)
    rented = (
        40
        + 260 * rush * (hours["holiday"] == "no")
        + 90 * np.exp(-((hours["hour"] - 14) ** 2) / 30)
        + 6 * hours["temperature"].clip(0, 28)
        - 0.8 * hours["humidity"]
        - 70 * (hours["weather"] == "rain")
    )
    return hours, (rented + rng.normal(0, 15, rows)).clip(0).round()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.joblib")
    args = parser.parse_args()

    hours, rented = make_hours(rows=4000, seed=17)
    train_x, test_x, train_y, test_y = train_test_split(hours, rented, test_size=0.2, random_state=0)
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    prepare = ColumnTransformer([("numbers", "passthrough", NUMBERS), ("categories", encode, CATEGORIES)])
    boosted = LGBMRegressor(n_estimators=80, num_leaves=15, n_jobs=1, random_state=0, deterministic=True, verbose=-1)
    model = Pipeline([("prepare", prepare), ("predict", boosted)]).fit(train_x, train_y)
    print(f"R2             {r2_score(test_y, model.predict(test_x)):.4f}")
    print(f"mean deviation {mean_absolute_error(test_y, model.predict(test_x)):.1f} bicycles")

    args.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.out / "model.joblib", compress=3)


if __name__ == "__main__":
    main()
