"""A network, asked by its own framework: record by record, as an ONNX file is."""

from collections import namedtuple

from .graph import GraphFile

Told = namedtuple("Told", "name type shape")
ELEMENTS = {"float32": "float", "float64": "double", "object": "string"}


class NetworkFile(GraphFile):
    def __init__(self, file, kind, requests, inputs):
        from mlfn_convert.original import opened
        from mlfn_convert.probes import batched, drawn
        from numpy.random import default_rng

        self.original = opened(file, kind, requests, inputs)
        ports = self.original.ports
        many = batched(ports)
        sizes = {port.name: [8 if size is None else size for size in port.shape] for port in ports}
        for port in ports if many else ():
            sizes[port.name][0] = 2
        told = self.run(None, drawn(ports, sizes, default_rng(0)))
        inputs = [Told(port.name, _type(port.dtype), _open(port.shape)) for port in ports]
        # What has a row for each of two records is by record.
        shapes = [["batch" if many and not at and size == 2 else size for at, size in enumerate(each.shape)] for each in told]
        outputs = [Told(name, _type(str(each.dtype)), shape) for name, each, shape in zip(self.original.outputs, told, shapes)]
        self.asks(self, inputs, outputs, True)

    def run(self, names, feeds):
        return [_texts(each) for each in self.original.ask(feeds)]


def _type(dtype):
    return f"tensor({ELEMENTS.get(dtype, dtype)})"


def _open(shape):
    return ["batch" if size is None and not place else size for place, size in enumerate(shape)]


def _texts(array):
    """Of bytes, as TensorFlow has texts."""
    import numpy

    if array.dtype.kind != "O":
        return array
    return numpy.vectorize(lambda text: text.decode("utf-8", "replace") if isinstance(text, bytes) else text, otypes=[object])(
        array
    )
