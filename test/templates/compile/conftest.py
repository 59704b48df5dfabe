"""One thread for each model: many that wait for each other on few processors take a hundred times as long."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
