"""ColumnTransformer and FeatureUnion."""

from ..unsupported import Unsupported
from . import width_of
from .chain import is_passed, transformer


def column_transformer(estimator, out, columns):
    names = list(getattr(estimator, "feature_names_in_", columns if columns is not None else []))
    if len(set(names)) != len(names):
        raise Unsupported("a ColumnTransformer of columns with equal names has no plain form")
    weights = estimator.transformer_weights or {}
    parts = []
    for name, step, chosen in estimator.transformers_:
        places = indices(chosen, names, estimator.n_features_in_)
        if isinstance(step, str) and step == "drop" or places == []:
            continue
        weight = _weight(weights.get(name))
        if is_passed(step) or is_identity(step):
            places = places if isinstance(places, list) else [places]
            parts.append({"columns": places, "node": None, "weight": weight})
            continue
        taken = [names[place] for place in places] if names and isinstance(places, list) else None
        parts.append({"columns": places, "node": transformer(step, out, taken), "weight": weight})
    return {"kind": "columns", "parts": parts}


def feature_union(estimator, out, columns):
    weights = estimator.transformer_weights or {}
    parts = []
    for name, step in estimator.transformer_list:
        if step is None or isinstance(step, str) and step == "drop":
            continue
        weight = _weight(weights.get(name))
        if is_passed(step) or is_identity(step):
            places = list(range(_union_width(estimator, columns)))
            parts.append({"columns": places, "node": None, "weight": weight})
        else:
            parts.append({"columns": None, "node": transformer(step, out, columns), "weight": weight})
    return {"kind": "columns", "parts": parts}


def _union_width(estimator, columns):
    """A FeatureUnion knows it from the first of its parts, which may know nothing."""
    if columns is not None:
        return len(columns)
    for _, step in estimator.transformer_list:
        if hasattr(step, "n_features_in_"):
            return width_of(step)
    raise Unsupported("a FeatureUnion does not tell how many columns it takes")


def _weight(weight):
    return None if weight is None else float(weight)


def is_identity(step):
    """scikit-learn writes a FunctionTransformer without a function where `passthrough` stood."""
    return type(step).__name__ == "FunctionTransformer" and step.func is None and not step.validate


def indices(chosen, names, count):
    """Positions of the columns that were chosen; a bare number where a bare name or position was given."""
    if isinstance(chosen, slice):
        start, stop = chosen.start, chosen.stop
        if isinstance(start, str) or isinstance(stop, str):
            start = None if start is None else names.index(start)
            stop = None if stop is None else names.index(stop) + 1  # by name the end is included
        return list(range(count))[slice(start, stop, chosen.step)]
    if isinstance(chosen, str):
        return names.index(chosen)
    if callable(chosen):
        raise Unsupported("a ColumnTransformer that was not fitted")
    if not hasattr(chosen, "__len__"):
        return int(chosen) % count
    found = []
    chosen = list(chosen)
    if chosen and all(type(each).__name__ in ("bool", "bool_") for each in chosen):
        return [place for place, taken in enumerate(chosen) if taken]
    for each in chosen:
        found.append(names.index(each) if isinstance(each, str) else int(each) % count)
    return found
