"""OneVsRest, OneVsOne, output codes, several outputs and chains."""

from ..unsupported import Unsupported
from . import jsonable


def one_vs_rest(estimator, out, columns):
    kind = estimator.label_binarizer_.y_type_
    if kind not in ("multiclass", "binary", "multilabel-indicator"):
        raise Unsupported(f"OneVsRestClassifier of {kind} labels has no plain form")
    several = kind == "multilabel-indicator"
    if several and estimator.label_binarizer_.sparse_input_:
        raise Unsupported("OneVsRestClassifier of sparse labels has no plain form")
    told = _parts(estimator, out, columns)
    rule = {"threshold": _threshold(estimator.estimators_[0]), "several": several, "zeros": _zeros_stay(estimator)}
    return {"kind": "one-vs-rest", **told, **rule}


class Nothing:
    """A part that gives its class no chance."""

    def predict_proba(self, rows):
        import numpy

        return numpy.array([[1.0, 0.0]] * len(rows))


def _zeros_stay(estimator):
    """What the probabilities are where no class has any: zeros, or NaN in older versions."""
    import copy

    import numpy

    asked = copy.copy(estimator)
    asked.estimators_ = [Nothing(), Nothing()]
    with numpy.errstate(invalid="ignore"):
        return bool((asked.predict_proba([[0.0]]) == 0).all())


def one_vs_one(estimator, out, columns):
    if estimator.pairwise_indices_ is not None:
        raise Unsupported("OneVsOneClassifier of kernels has no plain form")
    return {"kind": "one-vs-one", **_parts(estimator, out, columns), "threshold": _threshold(estimator.estimators_[0])}


def output_code(estimator, out, columns):
    return {"kind": "output-code", **_parts(estimator, out, columns), "codes": estimator.code_book_.tolist()}


def _parts(estimator, out, columns):
    parts = [{"node": out.export(part, columns), "method": _method(part)} for part in estimator.estimators_]
    return {"classes": jsonable(estimator.classes_), "parts": parts}


def _method(estimator):
    """The score of two classes, as scikit-learn's _predict_binary takes it."""
    if _is_regressor(estimator):
        return "predict"
    return "decision_function" if hasattr(estimator, "decision_function") else "predict_proba"


def _is_regressor(estimator):
    from sklearn.base import is_regressor

    return is_regressor(estimator)


def _threshold(estimator):
    from sklearn.base import is_classifier

    return 0.0 if hasattr(estimator, "decision_function") and is_classifier(estimator) else 0.5


def several_classifiers(estimator, out, columns):
    """MultiOutputClassifier: NumPy makes one type of all outputs' labels."""
    kinds = {part.classes_.dtype.kind for part in estimator.estimators_}
    if len(kinds) > 1:
        raise Unsupported("outputs with labels of different types have no plain form")
    return several_regressors(estimator, out, columns)


def several_regressors(estimator, out, columns):
    return {"kind": "several-outputs", "parts": [out.export(part, columns) for part in estimator.estimators_]}


def chain(estimator, out, columns):
    """ClassifierChain and RegressorChain."""
    method = getattr(estimator, "chain_method_", "predict")
    if method not in ("predict", "predict_proba", "decision_function"):
        raise Unsupported(f"{type(estimator).__name__}(chain_method={method!r}) has no plain form")
    for part in estimator.estimators_:
        if any(isinstance(label, str) for label in jsonable(getattr(part, "classes_", []))):
            raise Unsupported(f"{type(estimator).__name__} of labels that are no numbers has no plain form")
        if len(getattr(part, "classes_", "ab")) != 2:
            raise Unsupported(f"{type(estimator).__name__} of other than two labels has no plain form")
    parts = [out.export(part) for part in estimator.estimators_]
    order = [int(each) for each in estimator.order_]
    return {"kind": "output-chain", "parts": parts, "order": order, "method": method, "width": int(estimator.n_features_in_)}
