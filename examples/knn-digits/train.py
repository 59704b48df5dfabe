"""Nearest neighbours on scikit-learn's handwritten digits; the rows it was not trained on are posted as one call."""

import argparse
import json
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the model and the test rows")
args = parser.parse_args()

images, digits = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(images, digits, test_size=0.2, random_state=0)
model = KNeighborsClassifier(n_neighbors=5).fit(train_x, train_y)
print(f"accuracy {accuracy_score(test_y, model.predict(test_x)):.5f} on {len(test_y)} rows")

args.out.mkdir(parents=True, exist_ok=True)
joblib.dump(model, args.out / "model.joblib", compress=3)
(args.out / "payload.json").write_text(json.dumps({"instances": test_x.astype(int).tolist()}) + "\n")
(args.out / "labels.json").write_text(json.dumps(test_y.tolist()) + "\n")
