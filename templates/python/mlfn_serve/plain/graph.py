"""A part of a model as an ONNX graph: onnxruntime and NumPy evaluate what is heavy on numbers.

What stands before it (columns, scalers, encoders) and after it (labels, chances) is evaluated as in every compiled model.
"""

from ..session import cores, opened
from .rows import check_finite, spread

# Numbers that one call may hold at once; a batch of more is asked in pieces.
CELLS = 1 << 22
# From here on more threads are worth their start; below, and in what the proof saw, one is quicker.
WIDE = 1 << 20


class Graph:
    """{"graph": bytes of an ONNX model, "feeds": {input: {"array": .., "shape": [..]}}, "width": columns of a row, "single":
    whether they are float32, "cells": numbers that a row takes on its way}. An heir has `label(told)`, `chances(told)` and
    `apart(told)`, as far as the original has them; `told` is a row's part of the output, of several outputs a tuple.
    """

    def __init__(self, node, builder):
        wide = node["cells"] > WIDE
        self.numpy, self.session = opened(bytes(builder.view(node["graph"])), cores() if wide else 1, optimized=False)
        self.type = self.numpy.float32 if node["single"] else self.numpy.float64
        self.width = node["width"]
        self.chunk = max(1, CELLS // node["cells"])
        self.feeds = {name: self._array(builder.view(each), each["shape"]) for name, each in node["feeds"].items()}

    def _array(self, view, shape):
        """Doubles stay in the mapped file; what was kept narrower is widened once."""
        found = self.numpy.frombuffer(view, dtype=view.format).reshape(shape)
        return found if found.dtype == self.type else found.astype(self.type)

    def asked(self, rows):
        """What the graph tells of each row."""
        told = []
        for start in range(0, len(rows), self.chunk):
            told += self._asked(rows[start : start + self.chunk])
        return told

    def _asked(self, rows):
        rows = [spread(row, self.width) for row in rows]
        for row in rows:
            check_finite(row)
        x = self.numpy.array(rows, dtype=self.type)
        told = [each.tolist() for each in self.session.run(None, {"x": x, **self.feeds})]
        return told[0] if len(told) == 1 else list(zip(*told))

    def each(self, name, rows):
        """A method's answers to many rows."""
        ask = getattr(self, TOLD[name])
        return [ask(told) for told in self.asked(rows)]

    def predict(self, row):
        return self.label(self.asked([row])[0])

    def predict_proba(self, row):
        return self.chances(self.asked([row])[0])

    def decision_function(self, row):
        return self.apart(self.asked([row])[0])

    def answer(self, row):
        return self.both(self.asked([row])[0])

    def both(self, told):
        return self.label(told), self.chances(told)


TOLD = {"predict": "label", "predict_proba": "chances", "decision_function": "apart", "answer": "both"}
