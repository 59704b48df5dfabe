"""Where estimators keep their parts: pipelines, searches, ensembles, wrappers."""

# Wrappers and where they keep the fitted estimator that sees the same columns.
INNER = ("best_estimator_", "regressor_", "estimator_", "_preprocessor")
BOOSTING = ("xgboost", "lightgbm", "catboost")


def inner_of(estimator):
    """The estimators that a wrapper hands its own input to, or an empty list."""
    if is_a(estimator, ("VotingClassifier", "VotingRegressor", "StackingClassifier", "StackingRegressor")):
        return [each for each in estimator.estimators_ if not isinstance(each, str)]
    several = [getattr(estimator, name, None) for name in INNER]
    for name in ("estimators_", "calibrated_classifiers_"):
        listed = getattr(estimator, name, None)
        if isinstance(listed, list) and listed:
            # scikit-learn before 1.2 says base_estimator.
            held = getattr(listed[0], "estimator", getattr(listed[0], "base_estimator", None))
            several.append(held if name == "calibrated_classifiers_" else listed[0])
    several.append(getattr(estimator, "estimator", None))
    count = attribute_of(estimator, "n_features_in_")
    for inner in several:
        seen = attribute_of(inner, "n_features_in_")
        if seen is not None and count in (None, seen):
            return [inner]
    return []


def first_of(model):
    """The estimator that sees the raw input."""
    while True:
        if getattr(model, "steps", None):
            taken = steps_of(model)
            if not taken:
                return model
            model = taken[0]
        elif getattr(model, "transformer_list", None):
            model = model.transformer_list[0][1]
        else:
            inner = None if hasattr(model, "transformers_") else inner_of(model)
            if not inner:
                return model
            model = inner[0]


def steps_of(model):
    """The steps of a Pipeline that do something."""
    steps = getattr(model, "steps", None) or []
    return [step for _, step in steps if step is not None and step != "passthrough"]


def from_inside(model, attribute):
    """A fitted attribute of the model or, failing that, of what it wraps."""
    found = attribute_of(model, attribute)
    if found is None:
        inner = inner_of(model)
        if inner:
            return from_inside(inner[0], attribute)
        taken = steps_of(model)
        return from_inside(taken[0], attribute) if taken else None
    return found


def attribute_of(model, attribute):
    try:
        if family(model) in BOOSTING:
            from . import boosting

            return boosting.get(model, attribute)
        return getattr(model, attribute, None)
    except Exception:  # a property of an estimator that cannot say
        return None


def family(estimator):
    return type(estimator).__module__.partition(".")[0]


def is_a(estimator, names):
    return any(base.__name__ in names for base in type(estimator).__mro__)
