"""Graphs of our own, in doubles: where the converters have float32 alone, or decide ties otherwise."""

# Operators of 2023 and what reads them: whatever runs the graph knows newer ones, too.
OPSET = 18
IR = 8


class Build:
    """A graph under construction: `add(operator, inputs, ...)` gives the name of its output. Inputs are doubles."""

    def __init__(self, shapes):
        from onnx import TensorProto, helper

        self.helper = helper
        self.inputs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape) for name, shape in shapes.items()]
        self.nodes, self.constants = [], []

    def add(self, operator, *inputs, outputs=1, **attributes):
        names = [f"{operator.lower()}{len(self.nodes)}_{place}" for place in range(outputs)]
        self.nodes.append(self.helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def number(self, value):
        """A constant: doubles, or integers that say where."""
        import numpy
        from onnx import numpy_helper

        values = numpy.asarray(value)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values.astype("int64" if values.dtype.kind == "i" else "float64"), name))
        return name

    def model(self, *outputs):
        """An ONNX model that tells these names, (name, type) where they are no doubles."""
        from onnx import TensorProto

        named = [each if isinstance(each, tuple) else (each, TensorProto.DOUBLE) for each in outputs]
        told = [self.helper.make_tensor_value_info(name, kind, None) for name, kind in named]
        graph = self.helper.make_graph(self.nodes, "mlfn", self.inputs, told, self.constants)
        opset = self.helper.make_opsetid("", OPSET)
        return self.helper.make_model(graph, opset_imports=[opset], ir_version=IR, producer_name="mlfn")

    def apart(self, table):
        """Each row less each of the table's: [rows, table's rows, columns]."""
        return self.add("Sub", self.add("Unsqueeze", "x", self.number([1])), table)
