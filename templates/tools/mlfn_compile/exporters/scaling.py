"""Scalers."""

from . import listed


def standard_scaler(estimator, out, columns):
    mean = listed(estimator.mean_) if estimator.with_mean else None
    scale = listed(estimator.scale_) if estimator.with_std else None
    return {"kind": "scale", "width": int(estimator.n_features_in_), "mean": mean, "scale": scale}
