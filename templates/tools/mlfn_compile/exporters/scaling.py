"""Scalers."""

from . import listed, need_doubles, width_of


def standard_scaler(estimator, out, columns):
    need_doubles(estimator.mean_, "StandardScaler")
    mean = listed(estimator.mean_) if estimator.with_mean else None
    scale = listed(estimator.scale_) if estimator.with_std else None
    return {"kind": "scale", "width": width_of(estimator), "mean": mean, "scale": scale, "clip": None}


def robust_scaler(estimator, out, columns):
    need_doubles(estimator.center_, "RobustScaler")
    need_doubles(estimator.scale_, "RobustScaler")
    mean = listed(estimator.center_) if estimator.with_centering else None
    scale = listed(estimator.scale_) if estimator.with_scaling else None
    return {"kind": "scale", "width": width_of(estimator), "mean": mean, "scale": scale, "clip": None}


def max_abs_scaler(estimator, out, columns):
    need_doubles(estimator.scale_, "MaxAbsScaler")
    clip = [-1.0, 1.0] if getattr(estimator, "clip", False) else None
    return {"kind": "scale", "width": width_of(estimator), "mean": None, "scale": listed(estimator.scale_), "clip": clip}


def min_max_scaler(estimator, out, columns):
    need_doubles(estimator.scale_, "MinMaxScaler")
    clip = [float(bound) for bound in estimator.feature_range] if getattr(estimator, "clip", False) else None
    return {"kind": "stretch", "scale": listed(estimator.scale_), "shift": listed(estimator.min_), "clip": clip}


def normalizer(estimator, out, columns):
    return {"kind": "norm", "width": width_of(estimator), "norm": estimator.norm}


def binarizer(estimator, out, columns):
    return {"kind": "binary", "width": width_of(estimator), "threshold": float(estimator.threshold)}
