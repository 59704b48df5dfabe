"""Scalers."""

from . import listed, width_of


def standard_scaler(estimator, out, columns):
    mean = listed(estimator.mean_) if estimator.with_mean else None
    scale = listed(estimator.scale_) if estimator.with_std else None
    return {"kind": "scale", "width": width_of(estimator), "mean": mean, "scale": scale, "clip": None}


def robust_scaler(estimator, out, columns):
    mean = listed(estimator.center_) if estimator.with_centering else None
    scale = listed(estimator.scale_) if estimator.with_scaling else None
    return {"kind": "scale", "width": width_of(estimator), "mean": mean, "scale": scale, "clip": None}


def max_abs_scaler(estimator, out, columns):
    clip = [-1.0, 1.0] if getattr(estimator, "clip", False) else None
    return {"kind": "scale", "width": width_of(estimator), "mean": None, "scale": listed(estimator.scale_), "clip": clip}


def min_max_scaler(estimator, out, columns):
    clip = [float(bound) for bound in estimator.feature_range] if getattr(estimator, "clip", False) else None
    return {"kind": "stretch", "scale": listed(estimator.scale_), "shift": listed(estimator.min_), "clip": clip}


def normalizer(estimator, out, columns):
    return {"kind": "norm", "width": width_of(estimator), "norm": estimator.norm}


def binarizer(estimator, out, columns):
    return {"kind": "binary", "width": width_of(estimator), "threshold": float(estimator.threshold)}
