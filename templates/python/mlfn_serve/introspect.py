"""Reads from the fitted estimators what a model takes: each column's type, its categories, whether it may be missing.

Estimators are known by their class names and fitted attributes (scikit-learn's documented ones), never by importing
scikit-learn: what is not in the model costs nothing here.
"""

from .fields import Field, Schema
from .parts import BOOSTING, family, first_of, from_inside, inner_of, is_a

# Families whose predictors take numbers unless an encoder before them says otherwise.
NUMERIC_FAMILIES = (*BOOSTING, "sklearn", "imblearn", "numpy", "scipy")
TEXT = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
MAPPINGS = ("DictVectorizer", "FeatureHasher")
IMPUTERS = ("SimpleImputer", "KNNImputer", "IterativeImputer", "MissingIndicator")


def describe(model):
    """The Schema of a fitted model."""
    first = first_of(model)
    if is_a(first, TEXT):
        return Schema("text")
    if is_a(first, MAPPINGS):
        return Schema("mapping")
    names = from_inside(model, "feature_names_in_")
    count = from_inside(model, "n_features_in_")
    # Before 4.7 LightGBM's estimators tell names that it made up; files.py knows that a file has none.
    if getattr(first, "_fitted_with_feature_names", True) is False:
        names = None
    if names is None and (count is None or family(first) not in NUMERIC_FAMILIES):
        return Schema("open")
    if names is not None:
        fields = [Field(str(name)) for name in names]
        _walk([model], fields)
        return Schema("record", fields, _needs_frame(model, fields), family(first) == "lightgbm")
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
        inner = inner_of(estimator)
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
    if is_a(estimator, IMPUTERS):
        return _imputer(estimator, fields)
    if is_a(estimator, TEXT):
        for field in fields:
            field.learn("string")
        return False
    if is_a(estimator, ("FunctionTransformer",)):
        function = getattr(estimator, "func", None)
        if function is None:
            return True
        # What histogram boosting puts before its numbers beside categories: it lets missing ones through.
        checked = getattr(getattr(function, "func", None), "__name__", None) == "check_array"
        for field in fields:
            field.learn("number" if checked or type(function).__name__ == "ufunc" else "any")
            field.nullable = True if checked else field.nullable
        return False
    if family(estimator) in BOOSTING:
        from . import boosting

        if boosting.learn(estimator, family(estimator), fields):
            return False
    numeric = family(estimator) in NUMERIC_FAMILIES
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
        if is_a(estimator, IMPUTERS):
            allows = True
        elif family(estimator) in NUMERIC_FAMILIES and not hasattr(estimator, "steps"):
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
    missing = getattr(estimator, "missing_values", float("nan"))
    for field, value in zip(fields, values if len(values) == len(fields) else [None] * len(fields)):
        if missing is None:
            field.missing = None
            field.objects = True
        if missing is None or type(missing).__name__ == "NAType" or missing != missing:
            field.nullable = True
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


def _needs_frame(model, fields):
    """A bare float64 array gives the same answer where scikit-learn alone sees it and no column is asked by name."""
    if any(field.kind != "number" or field.levels for field in fields):
        return True
    return not _plain(model)


def _plain(model):
    if hasattr(model, "steps"):
        return all(isinstance(step, (str, type(None))) or _plain(step) for _, step in model.steps)
    if hasattr(model, "transformers_") or hasattr(model, "transformer_list") or is_a(model, ("FunctionTransformer",)):
        return False
    if getattr(model, "_preprocessor", None) is not None or hasattr(model, "_sklearn_output_config"):
        return False
    return family(model) == "sklearn" and all(_plain(each) for each in inner_of(model))


def _allows_missing(estimator):
    try:
        if hasattr(estimator, "__sklearn_tags__"):
            return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
        return bool(estimator._get_tags()["allow_nan"])
    except Exception:  # tags are advice for the documents; a model without them works all the same
        return None
