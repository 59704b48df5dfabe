import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class Ratio(TransformerMixin, BaseEstimator):
    """Adds one column divided by another to a DataFrame."""

    def __init__(self, over, under):
        self.over = over
        self.under = under

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def transform(self, X):
        return X.assign(ratio=X[self.over] / X[self.under])
