"""Reads from the fitted estimators what a model takes: each column's type, its categories, whether it may be missing.

Estimators are known by their class names and fitted attributes (scikit-learn's documented ones), never by importing
scikit-learn: what is not in the model costs nothing here.
"""

from .fields import Field, Schema

# Families whose predictors take numbers unless an encoder before them says otherwise.
NUMERIC_FAMILIES = ("sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "numpy", "scipy")
TEXT = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
MAPPINGS = ("DictVectorizer", "FeatureHasher")
IMPUTERS = ("SimpleImputer", "KNNImputer", "IterativeImputer", "MissingIndicator")
# Wrappers and where they keep the fitted estimator that sees the same columns.
INNER = ("best_estimator_", "regressor_", "estimator_", "_preprocessor")


def describe(model):
    """The Schema of a fitted model."""
    first = _first(model)
    if _is(first, TEXT):
        return Schema("text")
    if _is(first, MAPPINGS):
        return Schema("mapping")
    names = _from_inside(model, "feature_names_in_")
    count = _from_inside(model, "n_features_in_")
    if names is None and (count is None or _family(first) not in NUMERIC_FAMILIES):
        return Schema("open")
    if names is not None:
        fields = [Field(str(name)) for name in names]
        _walk([model], fields)
        return Schema("record", fields, _needs_frame(model, fields))
    fields = [Field(str(index)) for index in range(int(count))]
    _walk([model], fields)
    return Schema("row", fields)


def _walk(chain, fields):
    """Follows columns through a chain of estimators until their types are known."""
    for position, estimator in enumerate(chain):
        rest = chain[position + 1 :]
        if estimator is None or estimator == "passthrough":
            continue
        if isinstance(estimator, str):  # "drop": the fields stay ignored
            return None
        if hasattr(estimator, "steps"):
            return _walk([step for _, step in estimator.steps] + rest, fields)
        if hasattr(estimator, "transformers_"):
            for _, transformer, columns in estimator.transformers_:
                _walk([transformer, *rest], _select(fields, columns))
            return None
        if hasattr(estimator, "transformer_list"):
            for _, transformer in estimator.transformer_list:
                _walk([transformer, *rest], fields)
            return None
        inner = _inner(estimator)
        if inner:
            for each in inner:
                _walk([each, *rest], fields)
            return None
        if not _learn(estimator, fields):
            return _nullability(rest, fields)
    for field in fields:
        field.learn("any")
    return None


def _learn(estimator, fields):
    """Learns from one plain estimator. True when it passes its columns on unchanged in number and type."""
    if hasattr(estimator, "categories_"):
        if len(estimator.categories_) != len(fields):
            for field in fields:
                field.learn("any")
            return False
        closed = getattr(estimator, "handle_unknown", "ignore") == "error"
        for field, categories in zip(fields, estimator.categories_):
            _categories(field, categories, closed)
        return False
    if _is(estimator, IMPUTERS):
        return _imputer(estimator, fields)
    if _is(estimator, TEXT):
        for field in fields:
            field.learn("string")
        return False
    if _is(estimator, ("FunctionTransformer",)):
        function = getattr(estimator, "func", None)
        if function is None:
            return True
        for field in fields:
            field.learn("number" if type(function).__name__ == "ufunc" else "any")
        return False
    numeric = _family(estimator) in NUMERIC_FAMILIES
    examples = _examples(estimator, len(fields))
    for field, example in zip(fields, examples):
        field.learn("number" if numeric else "any", example)
    allows = _allows_missing(estimator) if numeric else None
    if allows and hasattr(estimator, "transform"):
        return False
    for field in fields:
        if field.nullable is None:
            field.nullable = allows
    return False


def _nullability(rest, fields):
    """Whether null is taken, for columns of known type that go on through `rest` one by one."""
    for estimator in rest:
        if estimator is None or estimator == "passthrough":
            continue
        if _is(estimator, IMPUTERS):
            allows = True
        elif _family(estimator) in NUMERIC_FAMILIES and not hasattr(estimator, "steps"):
            allows = _allows_missing(estimator)
            if allows and hasattr(estimator, "transform"):
                continue
        else:
            return
        for field in fields:
            if field.nullable is None:
                field.nullable = allows
        return


def _categories(field, categories, closed):
    values = []
    missing = False
    for value in categories.tolist():
        if value is None or value != value:
            missing = True
            if value is None:
                field.missing = None
        else:
            values.append(value.item() if hasattr(value, "item") else value)
    if all(type(value) is float and value.is_integer() for value in values):
        values = [int(value) for value in values]
    plain = [value if isinstance(value, (str, bool, int, float)) else str(value) for value in values]
    field.restrict(plain, closed)
    if field.nullable is None:
        field.nullable = missing or not closed


def _imputer(estimator, fields):
    statistics = getattr(estimator, "statistics_", None)
    objects = getattr(getattr(estimator, "_fit_dtype", None), "kind", "f") in "OUS"
    values = list(statistics) if objects and statistics is not None else _numbers(statistics, len(fields))
    for field, value in zip(fields, values if len(values) == len(fields) else [None] * len(fields)):
        field.nullable = True
        if getattr(estimator, "missing_values", 0) is None:
            field.missing = None
        if objects and isinstance(value, (bool, type(None))):
            field.learn("any")
        elif isinstance(value, str):
            field.learn("string", str(value))
        else:
            field.learn("number", _numbers([value], 1)[0])
    # Empty columns are dropped and indicators added: then what follows no longer lines up with the fields.
    aligned = statistics is not None and not getattr(estimator, "add_indicator", False)
    return aligned and all(value is None or value == value for value in statistics)


def _examples(estimator, count):
    for name in ("mean_", "center_", "data_min_"):
        if hasattr(estimator, name):
            return _numbers(getattr(estimator, name), count)
    return [None] * count


def _numbers(values, count):
    """Typical values to show in a form, to three digits."""
    try:
        numbers = [float(f"{float(value):.3g}") for value in values]
    except (TypeError, ValueError):
        return [None] * count
    if len(numbers) != count:
        return [None] * count
    return [None if number != number else int(number) if number.is_integer() else number for number in numbers]


def _select(fields, columns):
    """The fields that a ColumnTransformer gives to one transformer."""
    if isinstance(columns, slice):
        start, stop = columns.start, columns.stop
        if isinstance(start, str) or isinstance(stop, str):
            names = [field.name for field in fields]
            first = names.index(start) if start is not None else 0
            return fields[first : names.index(stop) + 1 if stop is not None else None]
        return fields[columns]
    if isinstance(columns, (str, int)):
        columns = [columns]
    columns = list(columns)
    if columns and all(type(column).__name__ in ("bool", "bool_") for column in columns):
        return [field for field, taken in zip(fields, columns) if taken]
    by_name = {field.name: field for field in fields}
    return [by_name[column] if isinstance(column, str) else fields[int(column)] for column in columns]


def _inner(estimator):
    """The estimators that a wrapper hands its own input to, or an empty list."""
    if _is(estimator, ("VotingClassifier", "VotingRegressor", "StackingClassifier", "StackingRegressor")):
        return [each for each in estimator.estimators_ if not isinstance(each, str)]
    several = [getattr(estimator, name, None) for name in INNER]
    for name in ("estimators_", "calibrated_classifiers_"):
        listed = getattr(estimator, name, None)
        if isinstance(listed, list) and listed:
            # scikit-learn before 1.2 says base_estimator.
            held = getattr(listed[0], "estimator", getattr(listed[0], "base_estimator", None))
            several.append(held if name == "calibrated_classifiers_" else listed[0])
    several.append(getattr(estimator, "estimator", None))
    count = _get(estimator, "n_features_in_")
    for inner in several:
        seen = _get(inner, "n_features_in_")
        if seen is not None and count in (None, seen):
            return [inner]
    return []


def _first(model):
    """The estimator that sees the raw input."""
    while True:
        if getattr(model, "steps", None):
            taken = _taken(model)
            if not taken:
                return model
            model = taken[0]
        elif getattr(model, "transformer_list", None):
            model = model.transformer_list[0][1]
        else:
            inner = None if hasattr(model, "transformers_") else _inner(model)
            if not inner:
                return model
            model = inner[0]


def _taken(model):
    """The steps of a Pipeline that do something."""
    steps = getattr(model, "steps", None) or []
    return [step for _, step in steps if step is not None and step != "passthrough"]


def _from_inside(model, attribute):
    """A fitted attribute of the model or, failing that, of what it wraps."""
    found = _get(model, attribute)
    if found is None:
        inner = _inner(model)
        if inner:
            return _from_inside(inner[0], attribute)
        taken = _taken(model)
        return _from_inside(taken[0], attribute) if taken else None
    return found


def _get(model, attribute):
    try:
        return getattr(model, attribute, None)
    except Exception:  # a property of an estimator that cannot say
        return None


def _needs_frame(model, fields):
    """A bare float64 array gives the same answer where scikit-learn alone sees it and no column is asked by name."""
    if any(field.kind != "number" for field in fields):
        return True
    return not _plain(model)


def _plain(model):
    if hasattr(model, "steps"):
        return all(isinstance(step, (str, type(None))) or _plain(step) for _, step in model.steps)
    if hasattr(model, "transformers_") or hasattr(model, "transformer_list") or _is(model, ("FunctionTransformer",)):
        return False
    if getattr(model, "_preprocessor", None) is not None or hasattr(model, "_sklearn_output_config"):
        return False
    return _family(model) == "sklearn" and all(_plain(each) for each in _inner(model))


def _allows_missing(estimator):
    try:
        if hasattr(estimator, "__sklearn_tags__"):
            return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
        return bool(estimator._get_tags()["allow_nan"])
    except Exception:  # tags are advice for the documents; a model without them works all the same
        return None


def _family(estimator):
    return type(estimator).__module__.partition(".")[0]


def _is(estimator, names):
    return any(base.__name__ in names for base in type(estimator).__mro__)
