"""A model of tensors: an ONNX file opened by onnxruntime, or a network by its own framework. As `mlfn_serve.model.Model` to
those who ask."""

import os

from .answers import Answers
from .ports import TYPES, Port, TensorSchema
from .problems import InitError, Problem
from .refusals import line_of
from .session import cores, opened

# A file of fewer bytes is asked on one thread: others would take longer to start than to compute.
SMALL = 1 << 20


class TensorModel:
    """`predict(batch)` gives (predictions, probabilities or None) as plain lists; `origin` is what the file is called, and
    `network` what settings.json says of one that is no ONNX file."""

    method = "predict"

    def __init__(self, path, origin, network=None):
        by, self.platform = "onnxruntime", "onnxruntime_onnx"
        try:
            threads = 1 if _bytes(path) < SMALL else cores()
            if network is None:
                self.numpy, self.session = opened(path, threads, optimized=True)
                # What converted it says so, where NaN is not answered as the network does.
                missing = self.session.get_modelmeta().custom_metadata_map.get("mlfn.missing") != "refused"
            else:
                from . import networks

                by, self.platform, missing = *networks.FRAMEWORKS[network["format"]][:2], True
                self.session = networks.opened(path, network, threads)
                import numpy

                self.numpy = numpy
        except ModuleNotFoundError as error:
            raise InitError(f"{origin} needs the module {error.name}, which is not in the package.") from error
        except Exception as error:
            raise InitError(f"{origin} could not be opened by {by}: {line_of(error)}") from error
        for told in self.session.get_inputs():
            if told.type not in TYPES:
                raise InitError(f"The input {told.name} of {origin} is of the type {told.type}, for which JSON has no form.")
        self.ports = [Port(told, self.numpy, missing) for told in self.session.get_inputs()]
        self.schema = TensorSchema(self.ports)
        self.answers = Answers(self.session.get_outputs(), self.ports)
        self.probabilistic = self.answers.labelled
        if self.answers.zipped:
            self.answers.learn(self._zeros())

    @property
    def classes(self):
        return self.answers.classes

    def _zeros(self):
        """What is told of a record of zeros, or None: it names the classes."""
        blank = {"string": "", "boolean": False}
        shapes = [[1 if size is None else size for size in port.shape] for port in self.ports]
        try:
            arrays = [self.numpy.full(shape, blank.get(port.kind, 0), port.dtype) for shape, port in zip(shapes, self.ports)]
            return self.session.run(None, {port.name: each for port, each in zip(self.ports, arrays)})
        except Exception:  # what it makes of zeros is its own business
            return None

    def predict(self, batch):
        """Answers for every row, in order."""
        rows = batch.rows
        told = [None] * len(rows)
        for positions in self._groups(rows):
            arrays = [self.numpy.stack([rows[position][index] for position in positions]) for index in range(len(self.ports))]
            for position, each in zip(positions, self._asked(arrays)):
                told[position] = each
        return self.answers.parted(told)

    def _groups(self, rows):
        """Rows that may be asked at once: of the same sizes."""
        groups = {}
        for position, row in enumerate(rows):
            groups.setdefault(tuple(each.shape for each in row), []).append(position)
        return groups.values()

    def _asked(self, arrays):
        """What is told of each record; `arrays` have an axis of records first."""
        if self.answers.together:
            return self.answers.each(self._run(arrays), len(arrays[0])) or self._alone(arrays)
        return self._alone(arrays)

    def _alone(self, arrays):
        count = len(arrays[0])
        ones = ([each[at : at + 1] if port.axis else each[at] for port, each in zip(self.ports, arrays)] for at in range(count))
        return [self.answers.one(self._run(one)) for one in ones]

    def _run(self, arrays):
        try:
            return self.session.run(None, {port.name: each for port, each in zip(self.ports, arrays)})
        except Exception as error:  # shapes are held to the model's own: what is left are the values
            raise Problem(422, "refused", f"The model refused the values: {line_of(error)}") from error

    def tensors(self):
        """{"inputs", "outputs"} as the Open Inference Protocol has them."""
        from .tensor_protocol import tensors_of

        return tensors_of(self)

    def infer(self, tensors):
        """{output: values} of that protocol's tensors."""
        from .tensor_protocol import asked

        return asked(self, tensors)

    def ask(self, made):
        """For what a hook made itself: an array, or a dict of them by the inputs' names, with the axis of records."""
        if not isinstance(made, dict):
            made = {self.ports[0].name: made}
        if made.keys() != {port.name for port in self.ports}:
            names = ", ".join(port.name for port in self.ports)
            raise Problem(500, "hook-failed", f"preprocess returned {', '.join(map(str, made))}; the model takes {names}.")
        arrays = [self._as_taken(port, self.numpy.asarray(made[port.name])) for port in self.ports]
        if len({len(each) for each in arrays}) != 1:
            raise Problem(500, "hook-failed", "preprocess returned arrays of different numbers of records.")
        return self.answers.parted(self._asked(arrays))

    def _as_taken(self, port, array):
        if port.fits(array.shape):  # one record by itself
            array = array[None]
        if not port.fits(array.shape[1:]):
            expected = f"an array of shape {['?', *('?' if size is None else size for size in port.record)]}"
            raise Problem(500, "hook-failed", f"preprocess returned {list(array.shape)} for {port.name}; it takes {expected}.")
        return array.astype(port.dtype, copy=False)


def _bytes(path):
    """Of a file, or of all that is in a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
