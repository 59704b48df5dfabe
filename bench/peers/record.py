"""A record of a request as the model was fitted on: `SHAPE` says whether of columns, a row of numbers or a text."""

import os

SHAPE = os.environ["SHAPE"]


def rows(record):
    """One row of what `predict_proba` takes."""
    if SHAPE == "columns":
        import pandas as pd

        return pd.DataFrame([record])
    if SHAPE == "row":
        import numpy as np

        return np.array([record])
    return [record]
