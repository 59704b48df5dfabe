"""Writes a nearest-neighbours model of about SIZE bytes to FILE, as a data scientist would: joblib.dump, uncompressed."""

import sys

import joblib
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

file, size = sys.argv[1], int(sys.argv[2])
columns = 64
rows = size // 8 // columns
values = np.random.default_rng(7).random((rows, columns))
model = KNeighborsClassifier(n_neighbors=1, algorithm="brute").fit(values, np.arange(rows) % 10)
joblib.dump(model, file)
