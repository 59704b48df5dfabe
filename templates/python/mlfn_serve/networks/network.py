"""What a network tells of itself, as a session of onnxruntime does."""

# onnxruntime's names of NumPy's types.
ELEMENTS = {"float32": "float", "float64": "double", "object": "string"}


class Told:
    """An input or output: sizes that a call decides are names, as in ONNX."""

    def __init__(self, name, dtype, shape):
        self.name, self.type, self.shape = name, f"tensor({ELEMENTS.get(dtype, dtype)})", shape


class Network:
    """`inputs` and `outputs` are lists of Told."""

    def get_inputs(self):
        return self.inputs

    def get_outputs(self):
        return self.outputs
