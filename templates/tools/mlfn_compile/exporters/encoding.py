"""Encoders of categories."""

from ..unsupported import Unsupported
from . import jsonable, listed


def one_hot_encoder(estimator, out, columns):
    if estimator.handle_unknown not in ("error", "ignore"):
        raise Unsupported(f"OneHotEncoder(handle_unknown={estimator.handle_unknown!r}) has no plain form")
    if any(each is not None for each in getattr(estimator, "infrequent_categories_", None) or []):
        raise Unsupported("OneHotEncoder with infrequent categories has no plain form")
    drops = [None] * len(estimator.categories_) if estimator.drop_idx_ is None else listed(estimator.drop_idx_)
    kept = [
        {"keys": jsonable(categories), "drop": None if drop is None else int(drop)}
        for categories, drop in zip(estimator.categories_, drops)
    ]
    return {"kind": "one-hot", "unknown": estimator.handle_unknown, "columns": kept}
