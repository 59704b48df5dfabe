"""ColumnTransformer."""

from ..unsupported import Unsupported


def column_transformer(estimator, out, columns):
    parts = []
    names = list(getattr(estimator, "feature_names_in_", columns if columns is not None else []))
    for _, transformer, chosen in estimator.transformers_:
        places = indices(chosen, names, estimator.n_features_in_)
        if isinstance(transformer, str) and transformer == "drop" or places == []:
            continue
        if isinstance(transformer, str) or is_identity(transformer):
            parts.append({"columns": places if isinstance(places, list) else [places], "node": None})
            continue
        taken = [names[place] for place in places] if names and isinstance(places, list) else None
        parts.append({"columns": places, "node": out.export(transformer, taken)})
    return {"kind": "columns", "parts": parts}


def is_identity(transformer):
    """scikit-learn writes a FunctionTransformer without a function where `passthrough` stood."""
    return type(transformer).__name__ == "FunctionTransformer" and transformer.func is None


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
