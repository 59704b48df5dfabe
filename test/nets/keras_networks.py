"""Networks of every kind of layer, by Keras 3 and 2, in every format: python keras_networks.py FOLDER"""

import sys
from pathlib import Path

import keras
import numpy as np
import tf_keras
from keras import layers

folder = Path(sys.argv[1])
keras.utils.set_random_seed(0)


def chain(shape, *steps, dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *steps])


dense = chain((6,), layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(3, "softmax"))
convolution = chain(
    (12, 12, 3),
    layers.Conv2D(4, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.SeparableConv2D(4, 3, padding="same", strides=2),
    layers.BatchNormalization(),
    layers.GlobalAveragePooling2D(),
    layers.Dense(5, "softmax"),
)
recurrent = chain((7, 3), layers.LSTM(5, return_sequences=True), layers.LSTM(4), layers.Dense(1, "sigmoid"))
normal = layers.Normalization()
normal.adapt(np.random.default_rng(0).normal(3, 2, (50, 6)))
kinds = ("gelu", "selu", "elu", "silu", "leaky_relu", "softplus", "hard_sigmoid", "tanh")

left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
both = layers.Concatenate()([layers.Dense(4, "relu")(left), layers.Dense(4, "relu")(right)])
outputs = {"kind": layers.Dense(3, "softmax", name="kind")(both), "size": layers.Dense(1, name="weight")(both)}
rows = keras.Input((6,))
words = keras.Input((8, 6))

networks = {
    "dense": dense,
    "convolution": convolution,
    "recurrent": recurrent,
    "sigmoid": chain((6,), layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")),
    "activations": chain((6,), *(layers.Dense(8, kind) for kind in kinds), layers.Dense(2)),
    "pooling": chain(
        (20, 2), layers.Conv1D(4, 3), layers.MaxPooling1D(), layers.AveragePooling1D(2), layers.Flatten(), layers.Dense(2)
    ),
    "transposed": chain(
        (6, 6, 2), layers.Conv2DTranspose(2, 3), layers.DepthwiseConv2D(2), layers.UpSampling2D(), layers.Flatten()
    ),
    "embedding": chain((7,), layers.Embedding(20, 4), layers.GlobalAveragePooling1D(), layers.Dense(2), dtype="int32"),
    "masked": chain((7,), layers.Embedding(20, 4, mask_zero=True), layers.LSTM(4), layers.Dense(2), dtype="int32"),
    "gated": chain((7, 3), layers.Bidirectional(layers.GRU(5)), layers.Dense(2, "softmax")),
    "any length": chain((None, 3), layers.LSTM(5), layers.Dense(1)),
    "normalized": chain((6,), normal, layers.LayerNormalization(), layers.Dense(1)),
    "two": keras.Model([left, right], outputs["kind"]),
    "several": keras.Model([left, right], outputs),
    "attention": keras.Model(
        words, layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 3)(words, words)))
    ),
    "operators": keras.Model(rows, layers.Dense(2)(layers.Add()([rows * 2, keras.ops.exp(-rows)]))),
}
for name, network in networks.items():
    network.save(folder / f"{name}.keras")
for name in ("dense", "recurrent", "two"):
    networks[name].save(folder / f"{name}.h5")
for name in ("dense", "convolution", "two"):
    networks[name].export(folder / f"{name} saved", verbose=False)

old = tf_keras.Sequential([tf_keras.layers.Dense(4, "relu", input_shape=(5,)), tf_keras.layers.Dense(1, "sigmoid")])


def auc(truth, told):
    return tf_keras.backend.mean(told)


old.compile("adam", "binary_crossentropy", metrics=[auc])
old.save(folder / "old.h5")
old.save(folder / "old.keras")
old.save(folder / "old saved")
