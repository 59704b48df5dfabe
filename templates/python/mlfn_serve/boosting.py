"""What LightGBM, XGBoost and CatBoost tell of their columns: the names, which were categories, and with which levels."""

import json

# XGBoost's numbers for the integer types that levels may have (its JSON and UBJSON files name them so).
INTEGERS = {9: "int8", 10: "uint8", 11: "int16", 12: "uint16", 13: "int32", 14: "uint32", 15: "int64", 16: "uint64"}
NO_LEVELS = "Its categories cannot be told from the file (XGBoost saves them from 3.1 on)"
NO_PLACES = "The file does not tell which of its columns were the {} pandas categories"
MEND = "; put an OrdinalEncoder before it, or give a preprocess hook that returns the DataFrame as training had it."


def get(model, attribute):
    """A fitted attribute as scikit-learn names it, for models that keep it elsewhere too."""
    if hasattr(model, "feature_names_"):
        names = list(model.feature_names_)
    elif hasattr(model, "pandas_categorical"):  # a Booster of LightGBM
        names = list(model.feature_name())
    else:
        return getattr(model, attribute, None)
    # What CatBoost and LightGBM call columns without names.
    made_up = any(names == [start + str(index) for index in range(len(names))] for start in ("", "Column_"))
    return {"n_features_in_": len(names), "feature_names_in_": None if made_up else names}.get(attribute)


def learn(estimator, family, fields):
    """Learns which columns are categories. False when the estimator knows only numbers."""
    if family == "catboost":
        return _catboost(estimator, fields)
    if family == "xgboost" and hasattr(estimator, "get_booster"):
        return _xgboost(estimator.get_booster(), fields)
    if family == "lightgbm":
        return _lightgbm(getattr(estimator, "booster_", estimator), fields)
    return False


def _catboost(model, fields):
    labels, texts = model.get_cat_feature_indices(), model.get_text_feature_indices()
    if len(fields) != len(model.feature_names_) or not (labels or texts):
        return False
    for index, field in enumerate(fields):
        field.learn("label" if index in labels else "string" if index in texts else "number")
        if field.kind != "number":
            field.nullable = False
    return True


def _xgboost(booster, fields):
    types = booster.feature_types or []
    places = [index for index, kind in enumerate(types) if kind == "c"]
    if not places or booster.feature_names is None:  # of an array, categories are numbers that stand for themselves
        return False
    levels = _xgboost_levels(booster)
    if len(fields) != len(types):
        return _unknown(fields)
    for index, field in enumerate(fields):
        if index not in places:
            field.learn("number")
        elif index >= len(levels) or not levels[index][0]:
            field.untold = NO_LEVELS + MEND
        else:
            field.recall(*levels[index], closed=True)
    return True


def _xgboost_levels(booster):
    """[(values, dtype)] by column. The first trees are enough: the levels stand beside them, but in XGBoost 3.1 only beside
    all trees."""
    levels = []
    for each in _xgboost_encoded(booster[0:1]) or _xgboost_encoded(booster):
        if "offsets" in each:
            raw = bytes(value & 0xFF for value in each["values"])
            ends = each["offsets"]
            levels.append(([raw[start:end].decode() for start, end in zip(ends, ends[1:])], None))
        else:
            levels.append((each["values"], INTEGERS.get(each["type"])))
    return levels


def _xgboost_encoded(booster):
    told = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]
    return (told.get("gbtree", told).get("model", {}).get("cats") or {}).get("enc")


def _lightgbm(booster, fields):
    levels = getattr(booster, "pandas_categorical", None) or []
    if not levels:
        return False
    if len(fields) != booster.num_feature():
        return _unknown(fields)
    places = _lightgbm_places(booster, levels)
    if places is None:
        fields[0].untold = NO_PLACES.format(len(levels)) + MEND
        return True
    told = dict(zip(places, levels))
    for index, field in enumerate(fields):
        if index in told:
            field.recall(told[index], None, closed=False)
        else:
            field.learn("number")
    return True


def _lightgbm_places(booster, levels):
    """The columns that `levels` belong to, in their order, or None. The file holds the levels but not their columns:
    these hold whole numbers below the number of levels, and are declared as categories unless the user did it himself."""
    lines = booster.model_to_string(num_iteration=1).splitlines()
    ranges = next(line for line in lines if line.startswith("feature_infos=")).partition("=")[2].split(" ")
    codes = [[] if each == "none" else [float(code) for code in each.strip("[]").split(":")] for each in ranges]
    possible = [index for index, own in enumerate(codes) if _are_codes(own, max(map(len, levels)))]
    line = next((line for line in lines if line.startswith("[categorical_feature: ")), "[categorical_feature: ]")
    declared = [int(index) for index in line.partition(": ")[2].rstrip("]").split(",") if index]
    for places in (possible, declared):
        if len(places) == len(levels) and all(_are_codes(codes[at], len(own)) for at, own in zip(places, levels)):
            return places
    return None


def _are_codes(values, count):
    return all(value.is_integer() and -1 <= value < count for value in values)


def _unknown(fields):
    """Not the columns that came in: what is no number is the model's to refuse."""
    for field in fields:
        field.learn("any")
    return True
