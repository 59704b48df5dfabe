"""Writes a nearest-neighbours model of about SIZE bytes, zeros that take no room on the disk: sparse_model.py FILE SIZE."""

import os
import sys

import joblib
import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper
from sklearn.neighbors import KNeighborsClassifier

file, size = sys.argv[1], int(sys.argv[2])
columns = 4096
rows = size // 8 // columns
write_array = NumpyArrayWrapper.write_array


def sparsely(self, array, pickler):
    """What joblib writes before an array, and then a hole of its length."""
    hole = array.nbytes if isinstance(array, np.memmap) else 0
    write_array(self, array[:0] if hole else array, pickler)
    pickler.file_handle.seek(hole, os.SEEK_CUR)


NumpyArrayWrapper.write_array = sparsely
with open(file, "w+b") as out:
    out.truncate(rows * columns * 8)
    model = KNeighborsClassifier(n_neighbors=1, algorithm="brute").fit(np.zeros((2, columns)), [0, 1])
    model._fit_X = np.memmap(file, "f8", "r", shape=(rows, columns))
    model._y = np.arange(rows) % 2
    model.n_samples_fit_ = rows
    joblib.dump(model, out)
