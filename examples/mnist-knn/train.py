"""Nearest neighbours on handwritten digits of 28 x 28 pixels; the validation set goes where requests may name it, as joblib."""

import argparse
import json
from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the model and the bucket")
args = parser.parse_args()

small, digits = load_digits(return_X_y=True)
# As MNIST has them: 28 x 28 pixels from 0 to 255, a margin around the digit.
large = np.kron(small.reshape(-1, 8, 8), np.ones((3, 3))) * 255 / 16
images = np.pad(large, ((0, 0), (2, 2), (2, 2))).reshape(-1, 784).astype(np.uint8)
train_x, test_x, train_y, test_y = train_test_split(images, digits, test_size=0.2, random_state=0)
model = KNeighborsClassifier(n_neighbors=5).fit(train_x, train_y)
print(f"accuracy {accuracy_score(test_y, model.predict(test_x)):.5f} on {len(test_y)} rows")

validation = args.out / "bucket" / "validation"
validation.mkdir(parents=True, exist_ok=True)
joblib.dump(model, args.out / "model.joblib", compress=("lzma", 6))
joblib.dump(test_x, validation / "test_features.joblib", compress=3)
(args.out / "payload.json").write_text(json.dumps({"instances": test_x[:5].tolist()}) + "\n")
(args.out / "labels.json").write_text(json.dumps(test_y.tolist()) + "\n")
