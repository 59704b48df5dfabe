"""ONNX models of every shape of input and output, made by hand."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, STRING, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING, TensorProto.BOOL


def graph(nodes, inputs, outputs, tensors=(), opset=17):
    """The bytes of a model. `inputs` and `outputs` are (name, type, shape); `tensors` arrays by name."""
    ports = [[helper.make_tensor_value_info(*each) for each in several] for several in (inputs, outputs)]
    made = helper.make_graph(nodes, "g", *ports, [numpy_helper.from_array(array, name) for name, array in dict(tensors).items()])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def node(kind, inputs, outputs, **more):
    return helper.make_node(kind, inputs, outputs, **more)


WEIGHTS = np.arange(8, dtype="float32").reshape(4, 2)
FILTER = np.ones((1, 1, 3, 3), "float32")

GRAPHS = {
    "rows": lambda: graph(
        [node("MatMul", ["x", "w"], ["y"])], [("x", FLOAT, ["n", 4])], [("y", FLOAT, ["n", 2])], {"w": WEIGHTS}
    ),
    "one by one": lambda: graph(
        [node("MatMul", ["x", "w"], ["y"])], [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 2])], {"w": WEIGHTS}
    ),
    "image": lambda: graph(
        [
            node("Conv", ["img", "f"], ["z"]),
            node("GlobalMaxPool", ["z"], ["p"]),
            node("Flatten", ["p"], ["scores"]),
            node("ArgMax", ["scores"], ["best"], axis=1, keepdims=0),
        ],
        [("img", FLOAT, [None, 1, "h", "w"])],
        [("scores", FLOAT, [None, 1]), ("best", INT64, [None])],
        {"f": FILTER},
    ),
    "two inputs": lambda: graph(
        [node("Cast", ["count"], ["c"], to=FLOAT), node("Mul", ["price", "c"], ["sum"])],
        [("price", FLOAT, ["n", 1]), ("count", INT64, ["n", 1])],
        [("sum", FLOAT, ["n", 1])],
    ),
    "wide inputs": lambda: graph(
        [node("Concat", ["a", "b"], ["y"], axis=1)], [("a", FLOAT, ["n", 2]), ("b", FLOAT, ["n", 3])], [("y", FLOAT, ["n", 5])]
    ),
    "text": lambda: graph([node("Identity", ["t"], ["u"])], [("t", STRING, ["n", 1])], [("u", STRING, ["n", 1])]),
    "flags": lambda: graph([node("Not", ["t"], ["u"])], [("t", BOOL, ["n", 3])], [("u", BOOL, ["n", 3])]),
    "whole": lambda: graph([node("ReduceSum", ["x"], ["y"], keepdims=0)], [("x", FLOAT, [3])], [("y", FLOAT, [])]),
    "found": lambda: graph(
        [node("NonZero", ["x"], ["at"]), node("Transpose", ["at"], ["y"])], [("x", FLOAT, ["n", 3])], [("y", INT64, ["k", 2])]
    ),
    "table": lambda: graph(
        [node("Gather", ["w", "ids"], ["y"])], [("ids", INT64, ["n", 2])], [("y", FLOAT, ["n", 2, 2])], {"w": WEIGHTS}
    ),
}
