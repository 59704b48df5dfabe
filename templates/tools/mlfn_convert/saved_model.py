"""TensorFlow's SavedModel: the signature that serves."""

from .original import Port, Unsupported
from .tensorflow_graph import export, numpy_name, quiet

# How exporters call the signature that is meant for requests.
NAMES = ("serving_default", "serve")


def opened(file, fmt, requests):
    quiet()
    import tensorflow

    loaded = tensorflow.saved_model.load(file)
    names = list(loaded.signatures)
    name = next((each for each in NAMES if each in names), names[0] if len(names) == 1 else None)
    if name is None:
        raise Unsupported(f"it has no signature {NAMES[0]}" + (f", only {', '.join(names)}" if names else ""))
    return SavedModel(loaded, loaded.signatures[name])


class SavedModel:
    def __init__(self, loaded, signature):
        self.loaded, self.signature = loaded, signature  # the variables live as long as what was loaded
        _, given = signature.structured_input_signature
        self.specs = given
        for name, spec in given.items():
            if spec.shape.rank is None:
                raise Unsupported(f"its input {name} may have any number of axes")
        self.ports = [Port(name, numpy_name(spec.dtype), spec.shape.as_list()) for name, spec in given.items()]
        self.outputs = list(signature.structured_outputs)

    def ask(self, feeds):
        import tensorflow

        told = self.signature(**{port.name: tensorflow.constant(feeds[port.name]) for port in self.ports})
        return [told[name].numpy() for name in self.outputs]

    def export(self, path):
        import tensorflow

        def call(*given):
            told = self.signature(**{port.name: each for port, each in zip(self.ports, given)})
            return [told[name] for name in self.outputs]

        specs = [tensorflow.TensorSpec(port.shape, port.dtype, name=port.name) for port in self.ports]
        export(tensorflow.function(call, input_signature=specs), specs, self.outputs, path)
