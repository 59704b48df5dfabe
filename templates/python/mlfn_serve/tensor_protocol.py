"""The Open Inference Protocol for a model of tensors: its own inputs and outputs, by their names, types and shapes."""

from .problems import Problem, invalid, shown

DATATYPES = {"float32": "FP32", "float64": "FP64", "float16": "FP16", "bool": "BOOL", "object": "BYTES"}
OUTPUTS = {"float": "FP32", "double": "FP64", "bool": "BOOL", "string": "BYTES"}


def tensors_of(model):
    """{"inputs", "outputs"} of the model's metadata."""
    inputs = [{"name": each.name, "datatype": datatype(each.dtype), "shape": _open(each.shape)} for each in model.ports]
    outputs = []
    for told in model.session.get_outputs():
        element = told.type[len("tensor(") : -1]
        kind = OUTPUTS.get(element, element.upper()) if told.type.startswith("tensor(") else "BYTES"
        outputs.append({"name": told.name, "datatype": kind, "shape": _open(told.shape)})
    return {"inputs": inputs, "outputs": outputs}


def datatype(dtype):
    return DATATYPES.get(dtype, dtype.upper())


def _open(shape):
    return [size if isinstance(size, int) else -1 for size in shape]


def asked(model, tensors):
    """{output: values} for request tensors (name, shape, flat data). Raises the 422 that points at what does not fit."""
    given = {name: (index, shape, data) for index, (name, shape, data) in enumerate(tensors)}
    known = [port.name for port in model.ports]
    for name, (index, _, _) in given.items():
        if name not in known:
            raise _wrong(f"/inputs/{index}/name", " or ".join(known), name)
    arrays = []
    for port in model.ports:
        if port.name not in given:
            raise _wrong("/inputs", f"a tensor {port.name}", [each[0] for each in tensors])
        index, shape, data = given[port.name]
        fits = len(shape) == len(port.shape) and all(own in (None, size) for own, size in zip(port.shape, shape))
        if not (fits or port.any):
            raise _wrong(f"/inputs/{index}/shape", str(_open(port.shape)), shape, str(shape))
        arrays.append(_array(port, index, shape, data))
    try:
        told = model.session.run(None, {port.name: each for port, each in zip(model.ports, arrays)})
    except Exception as error:
        from .refusals import line_of

        raise Problem(422, "refused", f"The model refused the values: {line_of(error)}") from error
    return {name: _values(each) for name, each in zip(model.answers.names, told)}


def _array(port, index, shape, data):
    errors = []
    flat = [port.value(value, (at,), errors) for at, value in enumerate(data)]
    if errors:
        raise invalid([{**error, "pointer": f"/inputs/{index}/data/{error.pop('at')[0]}"} for error in errors])
    return port.numpy.array(flat, dtype=port.dtype).reshape(shape)


def _values(told):
    """A sequence of maps from classes to their probabilities is one row for each record."""
    if isinstance(told, list):
        return [list(each.values()) if isinstance(each, dict) else each for each in told]
    return told.tolist()


def _wrong(pointer, expected, got, text=None):
    return invalid([{"pointer": pointer, "expected": expected, "got": text or shown(got)}])
