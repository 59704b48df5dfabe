"""Models in their libraries' own files, opened as their authors would."""

import json
import re


def opened(file, kind):
    openers = {"xgboost": xgboost_file, "lightgbm": lightgbm_file, "catboost": catboost_file, "skops": skops_file}
    return openers[kind.partition("-")[0]](file)


def xgboost_file(file):
    import xgboost

    with open(file, "rb") as handle:
        content = handle.read()
    found = re.search(rb'"?objective"?.{0,40}?(binary|multi|rank|reg|count|survival):', content, re.DOTALL)
    family = found[1] if found else b""
    wrappers = {b"binary": xgboost.XGBClassifier, b"multi": xgboost.XGBClassifier, b"rank": xgboost.XGBRanker}
    model = wrappers.get(family, xgboost.XGBRegressor)()
    model.load_model(bytearray(content))
    return model


def lightgbm_file(file):
    """A Booster tells probabilities; a label is the class of the largest."""
    import lightgbm

    booster = lightgbm.Booster(model_file=file)
    with open(file, encoding="utf-8") as handle:
        goal = next((line.split("=")[1].split()[0] for line in handle if line.startswith("objective=")), "")
    return (LightgbmClassifier if goal in ("binary", "multiclass", "multiclassova") else LightgbmFile)(booster)


class LightgbmFile:
    def __init__(self, booster):
        self.booster_ = self.estimator_ = booster
        self.n_features_in_ = booster.num_feature()
        names = booster.feature_name()
        if names[0] != "Column_0":
            self.feature_names_in_ = names

    def predict(self, X):
        return self.booster_.predict(X)


class LightgbmClassifier(LightgbmFile):
    def __init__(self, booster):
        import numpy

        super().__init__(booster)
        self.classes_ = numpy.arange(max(booster.num_model_per_iteration(), 2))

    def predict_proba(self, X):
        import numpy

        told = self.booster_.predict(X)
        return told if told.ndim == 2 else numpy.stack([1 - told, told], axis=1)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def catboost_file(file):
    import catboost

    model = catboost.CatBoost()
    model.load_model(file, format="cbm")
    told = json.loads(model.get_metadata().get("class_params", "{}")).get("class_names")
    wrapper = catboost.CatBoostClassifier() if told else catboost.CatBoostRegressor()
    wrapper.load_model(file, format="cbm")
    return wrapper


def skops_file(file):
    from skops import io

    return io.load(file, trusted=io.get_untrusted_types(file=file))
