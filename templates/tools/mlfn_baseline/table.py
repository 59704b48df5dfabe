"""From a request body to what the model is given."""

from .columns import categories_of, chain, count_of, names_of, objects_of
from .refused import Refused


def table(model, taken):
    """A DataFrame in the fitted order of columns or, for a model that was fitted without names, an array."""
    names = names_of(model) or []
    count = count_of(model)
    columns = None
    # A record holds no lists and objects, so whichever of these is meant can be told even where a column is named alike.
    if isinstance(taken, dict) and isinstance(taken.get("dataframe_split"), dict):
        columns = taken["dataframe_split"].get("columns")
        taken = taken["dataframe_split"]["data"]
    elif isinstance(taken, dict):
        listed = isinstance(taken.get("instances"), list) and taken.keys() <= {"instances", "signature_name"}
        taken = taken["instances"] if listed else [taken]
    taken = [taken] if isinstance(taken, str) else taken
    if not isinstance(taken, list):
        return taken  # what a preprocess hook made is taken as it is
    if not any(isinstance(each, (list, dict) if count else (list, dict, str)) for each in taken):
        taken = [taken]  # a row by itself; strings are so many texts where no columns are known
    if names:
        return frame(model, taken, names, columns)
    if count is None:
        return unknown(model, taken, columns)
    if any(isinstance(row, dict) for row in taken):
        raise Refused(f"The model was fitted without column names: give each record as a list of {count} values.")
    return array(model, taken)


def unknown(model, taken, columns):
    """Texts and mappings as they are; for a class of the user's own a table of what came."""
    if all(isinstance(row, list) for row in taken):
        return array(model, taken) if columns is None else named(model, taken, columns)
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


def named(model, rows, columns):
    """A DataFrame, or what there is where the model does without pandas."""
    try:
        import pandas
    except ImportError:
        return array(model, rows)
    return pandas.DataFrame(rows, columns=columns)


def frame(model, records, names, columns):
    columns = columns or names
    records = [row if isinstance(row, dict) else dict(zip(columns, row)) for row in records]
    if any(type(part).__module__.startswith("lightgbm.") for part in chain(model)):
        # It wrote the spaces in its columns' names as underscores, and goes by their order.
        records = [{key if key in names else key.replace(" ", "_"): row[key] for key in row} for row in records]
    for row in records:
        missing = [name for name in names if name not in row]
        if missing:
            raise Refused(f"The sample lacks the column {missing[0]!r}.")
    try:
        import pandas
    except ImportError as error:
        if categories_of(model):
            raise Refused(
                "it was fitted on pandas categories, and pandas is not among the locked packages.",
                "Write it to a requirements.txt beside the model, with what the model needs.",
            ) from error
        # The model does without it, so it was not locked.
        return array(model, [[row[name] for name in names] for row in records])
    made = pandas.DataFrame(records, columns=names)
    holes = made.isna()
    if holes.to_numpy().any():
        made = made.mask(holes, float("nan")).infer_objects()
        for position, missing in objects_of(model).items():
            name = names[position]
            if holes[name].any():  # of a null by itself pandas would make a number
                made[name] = made[name].astype("object").mask(holes[name], missing)
    for position, (levels, dtype) in categories_of(model).items():
        name = names[position]
        if isinstance(levels, set):
            levels = sorted(levels.union(row[name] for row in records) - {None})
        made[name] = pandas.Categorical([row[name] for row in records], pandas.Index(levels, dtype=dtype))
    return made


def array(model, rows):
    try:
        import numpy
    except ImportError:  # a model of no framework
        return rows
    missing = objects_of(model)
    rows = [[missing.get(at, float("nan")) if value is None else value for at, value in enumerate(row)] for row in rows]
    plain = all(isinstance(value, (int, float)) for row in rows for value in row)
    return numpy.array(rows, dtype=None if plain else "object")
