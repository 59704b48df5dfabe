"""What a fitted model tells of the columns that it was trained on: names, number, missing values, pandas categories."""

import json
import re

from .refused import Refused

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")  # XGBoost counts them from 9 on


def names_of(model):
    """The names, or None for a model that was fitted on an array."""
    found = fitted(model, "feature_names_in_")
    if found is not None:
        return [str(name) for name in found]
    found = catboost_names(model)
    if found is None and fitted(model, "pandas_categorical") is not None:  # a Booster of LightGBM
        found = model.feature_name()
    made_up = found and [re.sub("^Column_", "", name) for name in found] == [str(at) for at in range(len(found))]
    return None if made_up else found


def count_of(model):
    return fitted(model, "n_features_in_") or len(catboost_names(model) or ()) or None


def catboost_names(model):
    parts = (part for part in chain(model) if type(part).__module__.startswith("catboost."))
    return next((list(part.feature_names_) for part in parts), None)


def fitted(model, attribute):
    """A fitted attribute of the model or of the first part of it that has it."""
    for part in chain(model):
        try:
            found = getattr(part, attribute, None)
        except Exception:  # a property that asks a step which cannot say
            found = None
        if found is not None:
            return found
    return None


def chain(model):
    """The model and, of what it wraps, each first part that is given the same columns."""
    while model is not None:
        yield model
        steps = [step for _, step in getattr(model, "steps", []) if step not in (None, "passthrough")]
        wrapped = [getattr(model, name, None) for name in ("best_estimator_", "regressor_", "estimator_")]
        for name in ("estimators_", "calibrated_classifiers_"):
            several = getattr(model, name, None)
            first = several[0] if isinstance(several, list) and several else None
            wrapped.append(getattr(first, "estimator", first) if name == "calibrated_classifiers_" else first)
        model = steps[0] if steps else next((each for each in wrapped if each is not None), None)


def objects_of(model, positions=None):
    """Columns that encoders and imputers saw as objects: position -> the missing value that they saw there."""
    found = {}
    for part in chain(model):
        kept = vars(part) if hasattr(part, "__dict__") else {}
        if positions is None and getattr(part, "n_features_in_", None):
            positions = list(range(part.n_features_in_))
        for position, values in zip(positions or (), kept.get("categories_", [])):
            if values.dtype.kind in "OUS":
                found[position] = None if any(value is None for value in values) else float("nan")
        if kept.get("_fit_dtype") is not None and kept["_fit_dtype"].kind in "OUS":
            missing = None if part.missing_values is None else float("nan")
            found.update(dict.fromkeys(positions or (), missing))
        columns = kept.get("_transformer_to_input_indices")
        for name, transformer, _ in kept.get("transformers_", ()) if columns else ():
            if not isinstance(transformer, str):
                found.update(objects_of(transformer, [(positions or columns[name])[at] for at in columns[name]]))
        for _, transformer in kept.get("transformer_list", ()):
            found.update(objects_of(transformer, positions))
        if kept.get("_preprocessor") is not None:  # scikit-learn's own boosting keeps its encoder there
            found.update(objects_of(kept["_preprocessor"], positions))
    return found


def categories_of(model):
    """Columns that must be pandas categories: position -> (levels in order, or a set of some of them; dtype or None).
    Raises Refused where the file does not tell them."""
    for part in chain(model):
        if type(part).__module__.startswith("xgboost.") and hasattr(part, "get_booster"):
            return xgboost_categories(part.get_booster())
        booster = getattr(part, "booster_", part) if type(part).__module__.startswith("lightgbm.") else None
        if getattr(booster, "pandas_categorical", None):
            return lightgbm_categories(booster)
    return {}


def xgboost_categories(booster):
    """It numbers what comes by its own levels, if it was saved with them, and wants their very type."""
    places = [at for at, kind in enumerate(booster.feature_types or ()) if kind == "c" and booster.feature_names]
    if not places:
        return {}
    found = re.search(rb'"cats":', bytes(booster[:1].save_raw("json")))
    told = json.JSONDecoder().raw_decode(found.string[found.end() :].decode())[0]["enc"] if found else []
    if len(told) <= places[-1]:
        raise untold("XGBoost saves the levels of categories from 3.1 on")
    return {at: one_level(told[at]) for at in places}


def one_level(told):
    if "offsets" not in told:
        return {told["values"][0]}, INTEGERS[told["type"] - 9]
    return {bytes(value & 0xFF for value in told["values"][: told["offsets"][1]]).decode()}, None


def lightgbm_categories(booster):
    """It keeps the levels without their columns. Columns that it took for categories are the ones, or, where these are
    not as many, all that hold nothing but numbers of levels."""
    levels = booster.pandas_categorical
    infos = booster.dump_model(num_iteration=1)["feature_infos"]
    seen = [infos.get(name, {}) for name in booster.feature_name()]
    held = [each.get("values") or [each[key] for key in ("min_value", "max_value") if key in each] for each in seen]
    declared = re.search(r"\[categorical_feature: ([\d,]+)\]", booster.model_to_string(num_iteration=1))
    for places in (
        [int(at) for at in declared[1].split(",")] if declared else [],
        [at for at, codes in enumerate(held) if fit(codes, max(levels, key=len))],
    ):
        if len(places) == len(levels) and all(fit(held[at], own) for at, own in zip(places, levels)):
            return {at: (own, None) for at, own in zip(places, levels)}
    raise untold(f"LightGBM does not save which columns were its {len(levels)}")


def fit(codes, levels):
    return all(code == int(code) and -1 <= code < len(levels) for code in codes)


def untold(why):
    return Refused(
        f"The file does not tell the pandas categories that it was fitted on: {why}.",
        "Fit it with an OrdinalEncoder before it, or give a preprocess hook that returns the DataFrame as training had it.",
    )
