"""A network as its own framework runs it."""

from importlib import import_module

OPENERS = {
    "keras": "keras_file",
    "keras-h5": "keras_file",
    "saved-model": "saved_model",
    "torchscript": "torch_file",
    "torch-exported": "torch_file",
}


class Unsupported(Exception):
    """Why a network has no ONNX form that is proved; users read it."""


class Port:
    """One input: NumPy's name of its type, and its shape with None where each call decides."""

    def __init__(self, name, dtype, shape):
        self.name, self.dtype, self.shape = name, dtype, list(shape)


def opened(file, fmt, requests, inputs=None):
    """The original: `ports`, `outputs` (names), `ask({name: array}) -> [array]`, `export(path)`. Raises Unsupported.

    `inputs` are those of a TorchScript file, which does not tell them, where they are known.
    """
    module = import_module(f"{__package__}.{OPENERS[fmt]}")
    return module.opened(file, fmt, requests, **({} if inputs is None else {"inputs": inputs}))
