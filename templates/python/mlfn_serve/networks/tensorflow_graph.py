"""What Keras and SavedModel share: TensorFlow, made quiet, and what a function of its gives as NumPy has it."""

import contextlib
import os


def started(threads):
    """TensorFlow, which says much of processors, and whose oneDNN kernels add in another order on each of them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import tensorflow

    with contextlib.suppress(RuntimeError):  # it runs already, for the model before this one
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return tensorflow


def dtype_of(dtype):
    """NumPy's name of a type of TensorFlow's or Keras's."""
    name = getattr(dtype, "name", None) or str(dtype)
    return "object" if name == "string" else name


def shape_of(shape):
    """A first size that a call decides is that of the records; where nothing is told, records are taken to be there."""
    if shape.rank is None:
        return ["batch"]
    return [size if size is not None else "batch" if place == 0 else None for place, size in enumerate(shape.as_list())]


def answer_type(dtype):
    """Of an output: JSON has the numbers of a type that NumPy lacks as float32."""
    name = dtype_of(dtype)
    return "float32" if name == "bfloat16" else name


def listed(tensor):
    """A tensor as an array; texts are str."""
    values = tensor.numpy()
    if values.dtype.kind == "O":
        import numpy

        return numpy.vectorize(lambda text: text.decode("utf-8", "replace"), otypes=[object])(values)
    return values.astype("float32") if values.dtype.name == "bfloat16" else values
