"""What a model of tensors takes: each input's type and shape, and which part of it one record is.

The first axis of an input is that of the records where each call decides its size, or where it is 1; of any other input a
record is the whole. A record's value becomes an array of the input's own type here, or an error that names the place.
"""

from .fields import Field, Schema
from .problems import shown
from .refusals import FLOAT32_MAX

# onnxruntime's names -> NumPy's, and what a value is in JSON.
TYPES = {
    **{
        f"tensor({name})": (name, "integer")
        for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    },
    "tensor(float)": ("float32", "number"),
    "tensor(double)": ("float64", "number"),
    "tensor(float16)": ("float16", "number"),
    "tensor(bool)": ("bool", "boolean"),
    "tensor(string)": ("object", "string"),
}
WORDS = {"number": "number", "integer": "whole number", "boolean": "boolean", "string": "string"}
# NumPy's kinds of arrays that need no look at each value.
QUICK = {"number": "iufb", "integer": "iub", "boolean": "b", "string": ""}
LARGEST = {"float32": FLOAT32_MAX, "float16": 65504.0, "float64": 1.7976931348623157e308}
MOST = 20  # errors of one input
SHOWN = 1000  # numbers in an example


class Port:
    """One input. `shape` has None where a call decides; `axis` is many, one or None; `record` is the shape of a record's part."""

    def __init__(self, told, numpy, missing=True):
        self.name, self.missing = told.name, missing
        self.dtype, self.kind = TYPES[told.type]
        self.numpy = numpy
        self.shape = [size if isinstance(size, int) else None for size in told.shape]
        self.symbol = told.shape[0] if told.shape and isinstance(told.shape[0], str) else None
        first = self.shape[0] if self.shape else 0
        self.axis = "many" if first is None else "one" if first == 1 else None
        self.record = self.shape[1:] if self.axis else self.shape
        self.any = not self.shape  # a scalar, or nothing is told: both look alike
        self.scalar = self.record in ([], [1])

    def words(self, sizes):
        """What is expected, for a problem document."""
        one = WORDS[self.kind]
        if not sizes:
            return f"a {one}"
        if self.scalar:
            return f"a {one}"
        if len(sizes) == 1:
            return f"a list of {'' if sizes[0] is None else f'{sizes[0]} '}{one}s"
        return f"{one}s of shape [{', '.join('?' if size is None else str(size) for size in sizes)}]"

    def array(self, value, errors):
        """A record's value as an array of the shape `record`; None after an error was added."""
        if self.scalar and not self.any and not isinstance(value, list):
            value = [value] if self.record else value
        found = self._quick(value)
        if found is not None:
            return found
        sizes = self._sizes(value)
        flat = []
        before = len(errors)
        self._walk(value, sizes, (), flat, errors)
        if len(errors) > before:
            return None
        return self.numpy.array(flat, dtype=self.dtype).reshape(sizes)

    def _quick(self, value):
        """Whole numbers and floats at once; None for what must be looked at value by value."""
        try:
            found = self.numpy.array(value)
        except (ValueError, OverflowError):
            return None
        if found.dtype.kind not in QUICK[self.kind] or found.size == 0 or not self.fits(found.shape):
            return None
        if self.kind == "boolean":
            return found
        if self.kind == "number":
            largest = LARGEST[self.dtype]
            return found.astype(self.dtype) if abs(found.astype("float64")).max() <= largest else None
        limits = self.numpy.iinfo(self.dtype)
        return found.astype(self.dtype) if limits.min <= int(found.min()) and int(found.max()) <= limits.max else None

    def fits(self, shape):
        """Whether a record's array may have this shape."""
        return self.any or len(shape) == len(self.record) and all(size in (None, own) for size, own in zip(self.record, shape))

    def _sizes(self, value):
        """`record`, with what the value's first elements tell in place of what is left open."""
        sizes = []
        while isinstance(value, list) and len(sizes) < (64 if self.any else len(self.record)):
            sizes.append(len(value))
            value = value[0] if value else None
        if self.any:
            return sizes
        known = sizes + [None] * (len(self.record) - len(sizes))
        return [own if size is None else size for size, own in zip(self.record, known)]

    def _walk(self, value, sizes, place, flat, errors):
        if not sizes:
            flat.append(self.value(value, place, errors))
        elif not isinstance(value, list) or len(value) != sizes[0]:
            errors.append(self._error(place, self.words(self.record if not place and not self.any else sizes), value))
        else:
            for index, each in enumerate(value):
                if len(errors) > MOST:
                    return
                self._walk(each, sizes[1:], (*place, index), flat, errors)

    def value(self, value, place, errors):
        """One JSON value as the input has it."""
        kind = self.kind
        if kind == "number":
            if value is None and self.missing:
                return float("nan")
            if isinstance(value, (int, float)):
                if abs(value) <= LARGEST[self.dtype]:
                    return float(value)
                bits = 8 * self.numpy.dtype(self.dtype).itemsize
                errors.append(self._error(place, f"a number within {bits}-bit floats", value))
                return None
        elif kind == "integer" and isinstance(value, (int, float)) and value == value // 1:
            limits = self.numpy.iinfo(self.dtype)
            if limits.min <= value <= limits.max:
                return int(value)
            errors.append(self._error(place, f"a whole number from {limits.min} to {limits.max}", value))
            return None
        elif isinstance(value, bool if kind == "boolean" else str) and kind != "integer":
            return value
        errors.append(self._error(place, self.words(()), value))
        return None

    def _error(self, place, expected, value):
        field = self.name + "".join(f"[{index}]" for index in (() if self.scalar else place))
        return {"field": field, "at": place, "expected": expected, "got": shown(value)}

    def described(self):
        """(JSON Schema, example) of a record's part."""
        made = {"type": self.kind}
        example = {"number": 0.5, "integer": 1, "boolean": True, "string": "text"}[self.kind]
        if self.kind == "number" and self.missing:
            made = {"type": ["number", "null"]}
        if self.any:
            return {}, example
        if self.scalar:
            return made, example
        count = 1
        for size in reversed(self.record):
            made = {"type": "array", "items": made, **({} if size is None else {"minItems": size, "maxItems": size})}
            count *= size or 1
            example = [example] * (size or 1) if count <= SHOWN else []
        shape = ", ".join("?" if size is None else str(size) for size in self.shape)
        return {**made, "description": f"{self.dtype} [{shape}]"}, example


class TensorSchema(Schema):
    """A Schema of inputs: `row` (a list of numbers), `text`, `record` (a value for each input), `tensor` (nested lists) or
    `tensors` (such lists for each input)."""

    __slots__ = ("ports", "depth")

    def __init__(self, ports):
        self.ports = ports
        [only] = ports if len(ports) == 1 else [None]
        if only is None:
            super().__init__("record" if all(port.scalar for port in ports) else "tensors", [Field(port.name) for port in ports])
        elif only.kind == "string" and only.scalar:
            super().__init__("text")
        elif len(only.record) == 1 and only.record[0] is not None:
            super().__init__("row", [Field(str(index)) for index in range(only.record[0])])
        else:
            super().__init__("tensor", [Field(only.name)])
        self.depth = None if only is None or only.any else len(only.record)
        for field in self.fields:
            field.learn("any")

    def check(self, record, errors):
        """The record as a tuple of arrays, one for each input; None after an error was added."""
        ports = self.ports
        if len(ports) == 1 and not (isinstance(record, dict) and record.keys() == {ports[0].name}):
            return (ports[0].array(record, errors),)
        if not isinstance(record, dict):
            names = ", ".join(port.name for port in ports)
            errors.append({"expected": f"an object with {names}", "got": shown(record)})
            return None
        made = []
        for port in ports:
            if port.name in record:
                before = len(errors)
                made.append(port.array(record[port.name], errors))
                for error in errors[before:]:
                    error["at"] = (port.name, *error["at"])
            else:
                errors.append({"field": port.name, "at": port.name, "expected": port.words(port.record), "got": "nothing"})
        known = {port.name for port in ports}
        for name in record:
            if name not in known:
                expected = "only " + ", ".join(port.name for port in ports)
                errors.append({"field": name, "at": name, "expected": expected, "got": "an unknown field"})
        return tuple(made)

    def described(self):
        """(JSON Schema, example) of one record."""
        told = {port.name: port.described() for port in self.ports}
        if len(told) == 1:
            return next(iter(told.values()))
        properties = {name: schema for name, (schema, _) in told.items()}
        made = {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}
        return made, {name: example for name, (_, example) in told.items()}
