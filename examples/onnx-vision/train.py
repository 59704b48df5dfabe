"""Digits from images: a small convolutional network as an ONNX file, trained with scikit-learn alone.

The filters are fixed (edges in eight directions); the layer behind them is a logistic regression on what they see.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


def edges() -> np.ndarray:
    """Eight filters of 3 x 3, shape [8, 1, 3, 3]."""
    made = []
    for turn in range(8):
        angle = 2 * np.pi * turn / 8
        rows, columns = np.mgrid[-1:2, -1:2]
        made.append(np.cos(angle) * columns + np.sin(angle) * rows)
    return np.array(made, dtype="float32")[:, None]


def seen(images: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """What the network hands to its last layer, for images of shape [n, 1, 8, 8]: [n, 72]."""
    wide = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(2, 3))[:, 0]
    found = np.maximum(np.einsum("nhwij,fij->nfhw", windows, filters[:, 0]), 0)
    pooled = np.lib.stride_tricks.sliding_window_view(found, (4, 4), axis=(2, 3))[:, :, ::2, ::2].mean(axis=(4, 5))
    return pooled.reshape(len(images), -1)


def network(filters: np.ndarray, last: LogisticRegression) -> onnx.ModelProto:
    tensors = {
        "filters": filters,
        "weights": last.coef_.T.astype("float32"),
        "bias": last.intercept_.astype("float32"),
    }
    nodes = [
        helper.make_node("Conv", ["image", "filters"], ["edges"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["edges"], ["bright"]),
        helper.make_node("AveragePool", ["bright"], ["pooled"], kernel_shape=[4, 4], strides=[2, 2]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="train.py")
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for model.onnx")
    args = parser.parse_args()

    digits = load_digits()
    images = (digits.images / 16).astype("float32")[:, None]
    train_x, test_x, train_y, test_y = train_test_split(images, digits.target, test_size=0.2, random_state=0)
    filters = edges()
    last = LogisticRegression(C=10, max_iter=1000).fit(seen(train_x, filters), train_y)
    print(f"train accuracy {100 * accuracy_score(train_y, last.predict(seen(train_x, filters))):.2f} %")
    print(f"test accuracy  {100 * accuracy_score(test_y, last.predict(seen(test_x, filters))):.2f} %")

    args.out.mkdir(parents=True, exist_ok=True)
    onnx.save(network(filters, last), args.out / "model.onnx")


if __name__ == "__main__":
    main()
