"""Linear models."""

from ..unsupported import Unsupported
from . import jsonable


def classifier(estimator, out, columns, link=None):
    """What has coef_ and intercept_, one row for each class or one for two."""
    classes = several_classes(estimator)
    return {"kind": "linear-classifier", "classes": classes, "link": link, **weights(estimator.coef_, estimator.intercept_, out)}


def several_classes(estimator):
    classes = jsonable(estimator.classes_)
    if len(classes) < 2:
        raise Unsupported(f"{type(estimator).__name__} knows a single class")
    return classes


def logistic_regression(estimator, out, columns):
    return classifier(estimator, out, columns, _logistic_link(estimator))


def _logistic_link(estimator):
    """The rule of predict_proba. multi_class goes in 1.8; newton-cholesky had no softmax before 1.6."""
    chosen = getattr(estimator, "multi_class", "auto")
    two = len(estimator.classes_) == 2
    if chosen == "multinomial":
        return "softmax"
    if chosen == "ovr" or two or estimator.solver == "liblinear":
        return "logistic"
    if estimator.solver == "newton-cholesky" and _version(estimator) < (1, 6):
        return "logistic"
    return "softmax"


def _version(estimator):
    from sklearn import __version__

    told = estimator.__getstate__().get("_sklearn_version", __version__)
    return tuple(int(part) for part in told.split(".")[:2])


def discriminant(estimator, out, columns):
    """LinearDiscriminantAnalysis."""
    return classifier(estimator, out, columns, "logistic" if len(estimator.classes_) == 2 else "softmax")


def sgd_classifier(estimator, out, columns):
    links = {"log_loss": "logistic", "log": "logistic", "modified_huber": "modified-huber"}
    return classifier(estimator, out, columns, links.get(estimator.loss))


def ridge_classifier(estimator, out, columns):
    kind = estimator._label_binarizer.y_type_
    if kind.startswith("multilabel"):
        return {"kind": "linear-flags", **weights(estimator.coef_, estimator.intercept_, out)}
    return classifier(estimator, out, columns)


def one_class(estimator, out, columns):
    """SGDOneClassSVM: 1 for what is inside, its border included, and -1 outside."""
    told = weights(estimator.coef_, -estimator.offset_, out)
    return {"kind": "linear-classifier", "classes": [-1, 1], "link": None, "zero": 1, **told}


def regressor(estimator, out, columns):
    several = estimator.coef_.ndim == 2
    return {"kind": "linear-regressor", "several": several, "exp": False, **weights(estimator.coef_, estimator.intercept_, out)}


def generalised(estimator, out, columns):
    """Poisson, Gamma and Tweedie: the score itself, or what it is the logarithm of."""
    loss = getattr(estimator, "_base_loss", None)
    link = type(loss.link if loss is not None else estimator._link_instance).__name__
    if link not in ("IdentityLink", "LogLink"):
        raise Unsupported(f"{type(estimator).__name__} with {link} has no plain form")
    return {**regressor(estimator, out, columns), "exp": link == "LogLink"}


def weights(coefficients, bias, out):
    """The part of a node that mlfn_serve.plain.linear.Linear reads."""
    if hasattr(coefficients, "toarray"):
        coefficients = coefficients.toarray()
    table = coefficients.reshape(-1, coefficients.shape[-1])
    if table.dtype.kind != "f":
        raise Unsupported(f"weights of the type {table.dtype} have no plain form")
    bias = [float(each) for each in bias.ravel()] if hasattr(bias, "ravel") else [float(bias)]
    return {"width": int(table.shape[1]), "weights": out.doubles(table), "bias": bias * (len(table) // len(bias))}
