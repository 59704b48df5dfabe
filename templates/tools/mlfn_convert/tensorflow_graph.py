"""Functions of TensorFlow to ONNX, by tf2onnx."""

import os

from .naming import named, save

# onnxruntime 1.17 and newer read it, and every operator of Keras's layers is in it.
OPSET = 18


def quiet():
    """TensorFlow says much of processors; and its oneDNN kernels add in another order on each processor."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ["KERAS_BACKEND"] = "tensorflow"


def numpy_name(dtype):
    """NumPy's name of a type of Keras or TensorFlow."""
    return getattr(dtype, "name", None) or str(dtype)


def export(function, specs, outputs, path):
    """Writes a function of these specifications; `outputs` are the names of its answers, in order."""
    import tf2onnx

    own = {"Erfc": (_erfc, [])}
    model, _ = tf2onnx.convert.from_function(function, input_signature=specs, opset=OPSET, custom_op_handlers=own)
    save(named(model, [spec.name for spec in specs], outputs), path)


def _erfc(graph, node, name, args):
    """1 - erf(x), of GELU; tf2onnx 1.17 has none."""
    import numpy

    (given,) = node.input
    shapes, types = node.output_shapes, node.output_dtypes
    (told,) = node.output
    erf = graph.make_node("Erf", [given])
    one = graph.make_const(f"{told}_one".replace(":", "_"), numpy.array(1, dtype="float32"))
    graph.remove_node(node.name)
    graph.make_node("Sub", [one.output[0], erf.output[0]], outputs=[told], shapes=shapes, dtypes=types, name=name)
