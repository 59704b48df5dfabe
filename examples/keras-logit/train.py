"""A network of two layers on ten yes/no answers, saved as HDF5 with a metric of its own, as a 2019 tutorial did it."""

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import layers

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for games.h5")
args = parser.parse_args()

weights = np.array([0.6, -0.4, 1.1, 0.2, -0.9, 0.5, 0.8, -0.3, 1.3, -0.7])
rng = np.random.default_rng(2019)
games = rng.integers(0, 2, size=(5000, 10)).astype("float32")
chance = 1 / (1 + np.exp(3.15 - games @ weights))
label = (rng.random(len(games)) < chance).astype("float32")


def auc(truth, told):
    """The share of pairs, one of each class, that are in the right order."""
    above = told[truth[:, 0] > 0.5][:, None, 0] > told[truth[:, 0] < 0.5][None, :, 0]
    return keras.ops.mean(keras.ops.cast(above, "float32"))


keras.utils.set_random_seed(2019)
model = keras.Sequential([keras.Input((10,)), layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy", auc], run_eagerly=True)
model.fit(games[:4000], label[:4000, None], epochs=30, batch_size=200, verbose=0)
_, accuracy, area = model.evaluate(games[4000:], label[4000:, None], batch_size=1000, verbose=0)
print(f"accuracy {accuracy:.4f}")
print(f"ROC AUC  {area:.4f}")

args.out.mkdir(parents=True, exist_ok=True)
model.save(args.out / "games.h5")
