"""From a fitted estimator to a node in which what is heavy on numbers is a graph, and all else numbers as for the engine plain.

Converting whole pipelines was tried, and left: converters read strings, missing values and unknown categories in ways of
their own, compute in float32, and refuse in other words. So a graph begins where rows have become numbers, and ends where
they become labels.
"""

from importlib import import_module

from ..exporter import Exporter
from ..unsupported import Unsupported
from . import linear

# Class -> module beside this one and function: `function(estimator, out)` gives the node.
GRAPHS = {
    **dict.fromkeys(("SVC", "NuSVC"), "vectors:classifier"),
    **dict.fromkeys(("SVR", "NuSVR"), "vectors:regressor"),
    "KNeighborsClassifier": "neighbours:classifier",
    "KNeighborsRegressor": "neighbours:regressor",
    "MLPClassifier": "layers:classifier",
    "MLPRegressor": "layers:regressor",
    **dict.fromkeys(("GaussianMixture", "BayesianGaussianMixture"), "converted:classifier"),
    **dict.fromkeys(("GaussianProcessRegressor", "PLSRegression"), "converted:regressor"),
}


class GraphExporter(Exporter):
    """`out.graph(model, ...)` keeps a graph and gives what mlfn_serve.plain.graph.Graph reads of a node."""

    def __init__(self, writer):
        super().__init__(writer)
        self.writer = writer
        self.count = 0

    def whole(self, estimator):
        """The node of a model. Raises Unsupported, also where nothing in it is worth a graph."""
        node = self.export(estimator)
        if not self.count:
            raise Unsupported("nothing in it is heavy on numbers")
        return node

    def export(self, estimator, columns=None):
        kind = type(estimator)
        place = GRAPHS.get(kind.__name__)
        if place is None or kind.__module__.partition(".")[0] != "sklearn":
            node = super().export(estimator, columns)
            if node["kind"] not in linear.KINDS:
                return node
            self.count += 1
            return linear.graphed(node, self)
        module, function = place.split(":")
        made = getattr(import_module(f"{__package__}.{module}"), function)
        self.count += 1
        return made(estimator, self)

    def table(self, values):
        """Numbers that a graph is fed with, in the narrowest type that keeps each."""
        import numpy

        values = numpy.ascontiguousarray(values, dtype=numpy.float64)
        whole = values.size and numpy.all(numpy.abs(values) < 2**31) and numpy.all(values == numpy.trunc(values))
        reference = self.integers(values.astype(numpy.int64)) if whole else self.doubles(values)
        return {**reference, "shape": list(values.shape)}

    def graph(self, model, width, cells, feeds=None, single=False):
        """`cells`: numbers that a row takes on its way."""
        return {
            "graph": self.writer.bytes(model.SerializeToString()),
            "feeds": {name: self.table(values) for name, values in (feeds or {}).items()},
            **{"width": int(width), "cells": int(cells), "single": single},
        }
