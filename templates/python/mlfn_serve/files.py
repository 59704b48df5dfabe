"""Models in their libraries' own files, as the estimators that those libraries have for them: by what they were trained for.

The labels of a booster are the numbers that it was trained with; names of the user's own are not in the file.
"""

RANKING = ("lambdarank", "rank_xendcg")


def read(path, kind):
    """The estimator of a file of the format `kind`."""
    return OPENERS[kind](path)


def _xgboost(path):
    import json

    import xgboost

    with open(path, "rb") as file:
        data = bytearray(file.read())  # by its content: its name may end as it likes
    booster = xgboost.Booster()
    booster.load_model(data)
    goal = json.loads(booster.save_config())["learner"]["objective"]["name"]
    classes = goal.startswith(("binary:", "multi:"))
    kind = xgboost.XGBClassifier if classes else xgboost.XGBRanker if goal.startswith("rank:") else xgboost.XGBRegressor
    estimator = kind()
    estimator.load_model(data)
    return estimator


def _lightgbm(path):
    """LightGBM's estimators have no way in for a file: their fitted attributes are set, as fit() sets them."""
    import lightgbm
    import numpy

    booster = lightgbm.Booster(model_file=path)
    lines = booster.model_to_string(num_iteration=1).splitlines()
    told = dict(line.partition("=")[::2] for line in lines[: lines.index("")])
    goal = told.get("objective", "").split(" ")[0]
    count = {"binary": 2, "multiclass": int(told["num_class"]), "multiclassova": int(told["num_class"])}.get(goal)
    kind = lightgbm.LGBMClassifier if count else lightgbm.LGBMRanker if goal in RANKING else lightgbm.LGBMRegressor
    estimator = kind(objective=goal or None)
    width = booster.num_feature()
    named = booster.feature_name() != [f"Column_{at}" for at in range(width)]
    about = {"_Booster": booster, "_n_features": width, "_n_features_in": width, "_objective": goal, "fitted_": True}
    about["_fitted_with_feature_names"] = named
    if count:
        from sklearn.preprocessing import LabelEncoder

        classes = numpy.arange(count)
        about.update(_classes=classes, _n_classes=count, _le=LabelEncoder().fit(classes))
        about["_class_map"] = {at: at for at in range(count)}
    for name, value in about.items():
        setattr(estimator, name, value)
    return estimator


def _catboost(path):
    import catboost

    model = catboost.CatBoost().load_model(path, format="cbm")
    return (catboost.CatBoostClassifier if len(model.classes_) else catboost.CatBoostRegressor)().load_model(path, format="cbm")


def _skops(path):
    """Its types were judged by their names before; skops wants to hear of those that it does not know itself."""
    import skops.io

    return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


OPENERS = {"xgboost-json": _xgboost, "xgboost-ubj": _xgboost, "lightgbm": _lightgbm, "catboost": _catboost, "skops": _skops}
