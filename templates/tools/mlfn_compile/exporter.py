"""From a fitted estimator to a node of numbers. One function for each class, found by the class's own name."""

from importlib import import_module

from .unsupported import Unsupported

# Class -> module below exporters/ and function: `function(estimator, out, columns)` gives the node.
EXPORTERS = {
    "Pipeline": "chain:pipeline",
    "ColumnTransformer": "columns:column_transformer",
    "StandardScaler": "scaling:standard_scaler",
    "OneHotEncoder": "encoding:one_hot_encoder",
    "LogisticRegression": "linear:logistic_regression",
    "LinearRegression": "linear:linear_regressor",
    "Ridge": "linear:linear_regressor",
}
FAMILIES = ("sklearn", "xgboost", "lightgbm")


class Exporter:
    """Handed to every exporter: `out.doubles(...)` and the like keep an array, `out.export(estimator)` makes a part's node.

    `columns` of an estimator are the names of the columns that it is given, where they have any: a list of strings or
    None.
    """

    def __init__(self, writer):
        self.doubles = writer.doubles
        self.singles = writer.singles
        self.integers = writer.integers

    def export(self, estimator, columns=None):
        """The node of a fitted estimator. Raises Unsupported."""
        kind = type(estimator)
        place = EXPORTERS.get(kind.__name__)
        # A subclass of the user's own may do anything.
        if place is None or kind.__module__.partition(".")[0] not in FAMILIES:
            raise Unsupported(f"{kind.__name__} has no plain form")
        module, function = place.split(":")
        made = getattr(import_module(f"{__package__}.exporters.{module}"), function)
        return made(estimator, self, columns)
