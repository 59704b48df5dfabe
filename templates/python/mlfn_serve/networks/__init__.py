"""Networks as their own frameworks run them. To those who ask, each is what a session of onnxruntime is (tensors.py)."""

from importlib import import_module

# Of each format: the framework, its name in the Open Inference Protocol, and the module here.
FRAMEWORKS = {
    "keras": ("Keras", "tensorflow_keras", "keras_file"),
    "keras-h5": ("Keras", "tensorflow_keras", "keras_file"),
    "saved-model": ("TensorFlow", "tensorflow_savedmodel", "saved_model"),
    "torchscript": ("PyTorch", "pytorch_torchscript", "torch_file"),
    "torch-exported": ("PyTorch", "pytorch_exported", "torch_file"),
}


def opened(path, model, threads):
    """The network of a file. `model` is what settings.json says of it: its format and, of TorchScript, its inputs."""
    _, _, module = FRAMEWORKS[model["format"]]
    return import_module(f".{module}", __name__).opened(path, model, threads)
