"""From a request body to what the model is given."""

from .refused import Refused


def table(model, taken):
    """A DataFrame in the fitted order of columns or, for a model that was fitted without names, an array."""
    names = fitted(model, "feature_names_in_")
    names = [] if names is None else [str(name) for name in names]
    count = fitted(model, "n_features_in_")
    columns = None
    if isinstance(taken, dict) and "dataframe_split" in taken and "dataframe_split" not in names:
        columns = taken["dataframe_split"].get("columns")
        taken = taken["dataframe_split"]["data"]
    elif isinstance(taken, dict):
        taken = taken["instances"] if "instances" in taken and "instances" not in names else [taken]
    taken = [taken] if isinstance(taken, str) else taken
    if not isinstance(taken, list):
        return taken  # what a preprocess hook made is taken as it is
    if not any(isinstance(each, (list, dict) if count else (list, dict, str)) for each in taken):
        taken = [taken]  # a row by itself; strings are so many texts where no columns are known
    if names:
        return frame(model, taken, names, columns)
    if count is None:
        return unknown(model, taken)
    if any(isinstance(row, dict) for row in taken):
        raise Refused(f"The model was fitted without column names: give each record as a list of {count} values.")
    return array(taken)


def unknown(model, taken):
    """Texts and mappings as they are; for a class of the user's own a table of what came."""
    if all(isinstance(row, list) for row in taken):
        return array(taken)
    while getattr(model, "steps", None):
        model = model.steps[0][1]
    vectorizes = {base.__name__ for base in type(model).__mro__} & {"DictVectorizer", "FeatureHasher", "FeatureUnion"}
    if vectorizes or not all(isinstance(row, dict) for row in taken):
        return taken
    try:
        import pandas
    except ImportError:
        return taken
    return pandas.DataFrame(taken)


def fitted(model, attribute):
    """A fitted attribute of the model or of the first part of it that has it."""
    while model is not None:
        try:
            found = getattr(model, attribute, None)
        except Exception:  # a property that asks a step which cannot say
            found = None
        if found is not None:
            return found
        steps = [step for _, step in getattr(model, "steps", []) if step not in (None, "passthrough")]
        wrapped = (getattr(model, name, None) for name in ("best_estimator_", "regressor_", "estimator_"))
        model = steps[0] if steps else next((each for each in wrapped if each is not None), None)
    return None


def frame(model, records, names, columns):
    columns = columns or names
    records = [row if isinstance(row, dict) else dict(zip(columns, row)) for row in records]
    for row in records:
        missing = [name for name in names if name not in row]
        if missing:
            raise Refused(f"The sample lacks the column {missing[0]!r}.")
    try:
        import pandas
    except ImportError:  # the model does without it, so it was not locked
        return array([[row[name] for name in names] for row in records])
    made = pandas.DataFrame(records, columns=names)
    holes = made.isna()
    if not holes.to_numpy().any():
        return made
    made = made.mask(holes, float("nan")).infer_objects()
    for name, missing in objects(model).items():
        if name in made and holes[name].any():  # of a null by itself pandas would make a number
            made[name] = made[name].astype("object").mask(holes[name], missing)
    return made


def objects(model):
    """The columns that encoders and imputers saw as objects, with the missing value they saw there."""
    found = {}
    names = getattr(model, "feature_names_in_", None) if hasattr(model, "__dict__") else None
    if names is not None:
        for name, values in zip(names, vars(model).get("categories_", [])):
            if values.dtype.kind in "OUS":
                found[str(name)] = None if any(value is None for value in values) else float("nan")
        if getattr(vars(model).get("_fit_dtype"), "kind", "") in "OUS" and "_fit_dtype" in vars(model):
            found.update({str(name): None if model.missing_values is None else float("nan") for name in names})
    for name, value in vars(model).items() if hasattr(model, "__dict__") else ():
        if name in ("steps", "transformers_", "transformer_list", "estimators_"):
            parts = [part[1] if isinstance(part, tuple) else part for part in value]
        else:
            parts = [value] if name in ("best_estimator_", "regressor_", "estimator_", "_preprocessor") else []
        for part in parts:
            found = {**objects(part), **found}
    return found


def array(rows):
    try:
        import numpy
    except ImportError:  # a model of no framework
        return rows
    rows = [[float("nan") if value is None else value for value in row] for row in rows]
    texts = any(isinstance(value, str) for row in rows for value in row)
    return numpy.array(rows, dtype="object" if texts else None)
