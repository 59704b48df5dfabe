"""An ONNX file, asked as its author would ask onnxruntime: record by record, with arrays of the inputs' own types."""

from .refused import Refused

ELEMENTS = {"float": "float32", "double": "float64", "string": "object"}


class GraphFile:
    """`answered(taken)` gives {"predictions"} and, of a classifier, "probabilities" and "classes"."""

    def __init__(self, file):
        import onnxruntime

        onnxruntime.set_default_logger_severity(4)
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        # onnxruntime drops NaN where the network that it was converted from does not.
        missing = session.get_modelmeta().custom_metadata_map.get("mlfn.missing") != "refused"
        self.asks(session, session.get_inputs(), session.get_outputs(), missing)

    def asks(self, session, inputs, outputs, takes_missing):
        self.session, self.inputs, self.outputs, self.takes_missing = session, inputs, outputs, takes_missing

    def answered(self, taken):
        told = [self.told(record) for record in self.records(taken)]
        second = self.outputs[1] if len(self.outputs) == 2 else None
        maps = second is not None and second.type.startswith("seq(map(")
        tensor = (
            second is not None
            and second.type in ("tensor(float)", "tensor(double)")
            and len(second.shape) == 2
            and "prob" in second.name.lower()
        )
        first = self.outputs[0]
        if (maps or tensor) and first.type in ("tensor(int64)", "tensor(string)") and len(first.shape) <= 1:
            chances = [list(each[1].values()) if maps else each[1] for each in told]
            classes = {"classes": list(told[0][1])} if maps else {}
            return {"predictions": [each[0] for each in told], "probabilities": chances, **classes}
        if len(self.outputs) == 1:
            return {"predictions": [each[0] for each in told]}
        return {"predictions": [{output.name: value for output, value in zip(self.outputs, each)} for each in told]}

    def records(self, taken):
        """Each record as {input: value}."""
        names = [each.name for each in self.inputs]
        if hasattr(taken, "shape"):
            taken = {names[0]: taken}
        if isinstance(taken, dict) and any(getattr(each, "ndim", 0) for each in taken.values()):
            return self.of_arrays(taken)
        if isinstance(taken, dict) and isinstance(taken.get("dataframe_split"), dict):
            split = taken["dataframe_split"]
            taken = [
                dict(zip(split["columns"], row)) if len(names) > 1 or split["columns"] == names else row for row in split["data"]
            ]
        elif isinstance(taken, dict) and taken.keys() <= {"instances", "signature_name"}:
            taken = taken["instances"]
        elif not isinstance(taken, list) or len(names) == 1 and is_one(taken, record_shape(self.inputs[0])):
            taken = [taken]
        return [each if isinstance(each, dict) else {names[0]: each} for each in taken]

    def of_arrays(self, arrays):
        wide = {each.name: len(record_shape(each)) for each in self.inputs}
        arrays = {name: array[None] if array.ndim == wide[name] else array for name, array in arrays.items()}
        count = len(next(iter(arrays.values())))
        return [{name: array[at] for name, array in arrays.items()} for at in range(count)]

    def told(self, record):
        import numpy

        feed = {}
        for each in self.inputs:
            if each.name not in record:
                raise Refused(f"The sample lacks the input {each.name!r}.")
            element = each.type[len("tensor(") : -1]
            if not self.takes_missing and holds_null(record[each.name]):
                raise Refused(f"The network does not take a missing value in {each.name!r}.")
            value = with_nan(record[each.name]) if element in ("float", "double", "float16") else record[each.name]
            array = numpy.array(value, dtype=ELEMENTS.get(element, element))
            shape = record_shape(each)
            array = array.reshape(1) if shape == [1] and array.ndim == 0 else array
            feed[each.name] = array[None] if has_axis(each) else array
        outputs = self.session.run(None, feed)
        return [self.alone(output, values) for output, values in zip(self.outputs, outputs)]

    def alone(self, output, values):
        """What one record is told: the first and only row of an output that has one for each record."""
        rows = any(map(has_axis, self.inputs)) and self.is_by_record(output)
        one = rows and len(values if isinstance(values, list) else values.shape) and len(values) == 1
        values = values[0] if one else values
        return values.tolist() if hasattr(values, "tolist") else values

    def is_by_record(self, output):
        if output.type.startswith("seq(map("):
            return True
        first = output.shape[0] if output.shape else 0
        if isinstance(first, int):
            return first == 1
        named = {each.shape[0] for each in self.inputs if each.shape and isinstance(each.shape[0], str)}
        named = {name for name in named if not name.startswith("unk__")}
        return first is None or first.startswith("unk__") or not named or first in named


def has_axis(told):
    """Whether the first axis of an input is that of the records."""
    return bool(told.shape) and (not isinstance(told.shape[0], int) or told.shape[0] == 1)


def record_shape(told):
    return list(told.shape[1:] if has_axis(told) else told.shape)


def is_one(taken, shape):
    """Whether a list is one record, and not several; records may be objects."""
    return depth(taken) == len(shape) and not any(isinstance(each, dict) for each in taken)


def depth(value):
    found = 0
    while isinstance(value, list):
        found, value = found + 1, value[0] if value else None
    return found


def holds_null(value):
    return any(map(holds_null, value)) if isinstance(value, list) else value is None


def with_nan(value):
    if isinstance(value, list):
        return [with_nan(each) for each in value]
    return float("nan") if value is None else value
