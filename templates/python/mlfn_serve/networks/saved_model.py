"""TensorFlow's SavedModel: the signature that serves."""

from .network import Network, Told
from .tensorflow_graph import answer_type, dtype_of, listed, shape_of, started

# How exporters call the signature that is meant for requests.
NAMES = ("serving_default", "serve")


def opened(path, model, threads):
    tensorflow = started(threads)
    loaded = tensorflow.saved_model.load(path)
    names = list(loaded.signatures)
    name = next((each for each in NAMES if each in names), names[0] if len(names) == 1 else None)
    if name is None:
        raise ValueError(f"it has no signature {NAMES[0]}")
    return SavedModel(tensorflow, loaded, loaded.signatures[name])


class SavedModel(Network):
    def __init__(self, tensorflow, loaded, signature):
        self.loaded, self.signature = loaded, signature  # the variables live as long as what was loaded
        self.constant = tensorflow.constant
        self.specs = signature.structured_input_signature[1]
        self.inputs = [Told(name, dtype_of(spec.dtype), shape_of(spec.shape)) for name, spec in self.specs.items()]
        told = signature.structured_outputs
        self.outputs = [Told(name, answer_type(spec.dtype), shape_of(spec.shape)) for name, spec in told.items()]

    def run(self, names, feeds):
        """Arrays in the order of the outputs."""
        told = self.signature(**{name: self.constant(feeds[name], dtype=spec.dtype) for name, spec in self.specs.items()})
        return [listed(told[each.name]) for each in self.outputs]
