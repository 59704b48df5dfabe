"""The Open Inference Protocol (V2, REST): github.com/kserve/open-inference-protocol, specification/protocol."""

from urllib.parse import unquote

from . import bodies
from .endpoint import JSON
from .events import respond
from .jsontext import dumps
from .problems import Problem, invalid, shown

# Datatypes of the protocol, by the Python types their values have in JSON.
NUMERIC = frozenset(["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"])
DATATYPES = NUMERIC | {"BOOL", "BYTES"}
PER_COLUMN = "columns of several types go in one tensor per column, each named as its column"


def routes(endpoint, path):
    """The methods of a path under /v2, or None."""
    name = endpoint.identity["name"]
    release = endpoint.identity["release"]
    parts = [unquote(part) for part in path.split("/")[2:]]
    if len(parts) >= 4 and parts[0] == "models" and parts[2] == "versions":
        if parts[3] != str(release):
            return None
        parts = parts[:2] + parts[4:]
    if parts == []:
        return _tells({"name": "mlfn", "version": "2", "extensions": []})
    if parts in (["health", "live"], ["health", "ready"]):
        return _tells({parts[1]: True})
    if parts[:2] != ["models", name]:
        return None
    if parts[2:] == []:
        return {"GET": lambda request, context: respond(200, JSON, dumps(metadata(endpoint)))}
    if parts[2:] == ["ready"]:
        return _tells({"name": name, "ready": True})
    return {"POST": endpoint.infer} if parts[2:] == ["infer"] else None


def _tells(value):
    return {"GET": lambda request, context: respond(200, JSON, dumps(value))}


def metadata(endpoint):
    """The model's inputs and outputs as the protocol names them."""
    about = {"name": endpoint.identity["name"], "versions": [str(endpoint.identity["release"])]}
    schema = endpoint.model.schema
    if hasattr(endpoint.model, "tensors"):
        return {**about, "platform": endpoint.model.platform, **endpoint.model.tensors()}
    if schema.shape == "record" or (schema.shape == "row" and not schema.floats):
        inputs = [
            {"name": field.name, "datatype": "FP64" if field.kind == "number" else "BYTES", "shape": [-1, 1]}
            for field in schema.fields
            if field.kind != "ignored"
        ]
    elif schema.shape == "row":
        inputs = [{"name": "input-0", "datatype": "FP64", "shape": [-1, len(schema.fields)]}]
    else:
        inputs = [{"name": "input-0", "datatype": "BYTES", "shape": [-1]}]
    outputs = [{"name": "predict", "datatype": "BYTES" if _texts(endpoint.model.classes) else "FP64", "shape": [-1]}]
    if endpoint.model.probabilistic:
        width = len(endpoint.model.classes or []) or -1
        outputs.append({"name": "predict_proba", "datatype": "FP64", "shape": [-1, width]})
    return {**about, "platform": "mlfn_native", "inputs": inputs, "outputs": outputs}


def _texts(classes):
    return bool(classes) and isinstance(classes[0], str)


def infer(endpoint, body):
    """The inference response to an inference request. Raises the 422 that points at what does not fit."""
    model = endpoint.model
    if not isinstance(body, dict):
        raise _wrong("", "an inference request with inputs", body)
    outputs = _told(model, body.get("inputs"))
    wanted = _requested(body.get("outputs"), outputs)
    answer = {"model_name": endpoint.identity["name"], "model_version": str(endpoint.identity["release"])}
    if "id" in body:
        answer["id"] = str(body["id"])
    answer["outputs"] = [tensor(name, outputs[name]) for name in wanted]
    return answer


def _told(model, inputs):
    """{output: values}"""
    if hasattr(model, "tensors"):
        return model.infer(_tensors(inputs))
    predictions, probabilities = model.predict(_batch(inputs, model.schema))
    return {"predict": predictions} if probabilities is None else {"predict": predictions, "predict_proba": probabilities}


def _requested(requested, outputs):
    if not requested:
        return list(outputs)
    names = []
    for index, each in enumerate(requested if isinstance(requested, list) else [requested]):
        name = each.get("name") if isinstance(each, dict) else None
        if name not in outputs:
            raise _wrong(f"/outputs/{index}/name", " or ".join(outputs), name)
        names.append(name)
    return names


def _tensors(inputs):
    if not isinstance(inputs, list) or not inputs:
        raise _wrong("/inputs", "a list of tensors", inputs)
    return [_tensor(each, f"/inputs/{index}") for index, each in enumerate(inputs)]


def _batch(inputs, schema):
    tensors = _tensors(inputs)
    if schema.shape == "record" or (schema.shape == "row" and len(tensors) > 1):
        return _columns(tensors, schema)
    if len(tensors) != 1:
        raise _wrong("/inputs", "one tensor", inputs)
    shape, data = tensors[0][1:]
    width = len(schema.fields) if schema.shape == "row" else 1
    if schema.shape == "row" or len(shape) == 2:
        rows = _rows(shape, data, width if schema.shape == "row" else shape[-1], 0)
        if schema.shape == "row":
            return bodies.batch(rows, schema, lambda row, name: _place(0, row * width + int(name or 0)))
        data = rows if schema.shape == "open" else [row[0] for row in rows]
    return bodies.batch(data, schema, lambda row, name: _place(0, row))


def _columns(tensors, schema):
    """One tensor per column, or one [n, features] tensor in the order of training."""
    names = [field.name for field in schema.fields]
    if len(tensors) == 1 and len(names) > 1 and tensors[0][0] not in schema.by_name:
        shape, data = tensors[0][1:]
        rows = _rows(shape, data, len(names), 0)
        order = {name: index for index, name in enumerate(names)}
        records = [dict(zip(names, row)) for row in rows]
        try:
            return bodies.batch(records, schema, lambda row, name: _place(0, row * len(names) + order.get(name, 0)))
        except Problem as problem:
            problem.detail += "; " + PER_COLUMN
            raise
    places = {}
    count = None
    for index, (name, shape, data) in enumerate(tensors):
        if len(shape) > 1 and any(size != 1 for size in shape[1:]):
            raise _wrong(f"/inputs/{index}/shape", "[n] or [n, 1]", shape)
        if name in places or count not in (None, len(data)):
            raise _wrong(f"/inputs/{index}", "one tensor per column, all of one length", data)
        places[name] = index
        count = len(data)
    records = [{name: data[row] for name, _, data in tensors} for row in range(count or 0)]
    if schema.shape == "row":
        if places.keys() != schema.by_name.keys():
            raise _wrong("/inputs", f"one tensor, or one per column, named 0 to {len(names) - 1}", list(places))
        rows = [[record[name] for name in names] for record in records]
        return bodies.batch(rows, schema, lambda row, name: _place(places[str(name)], row))
    return bodies.batch(records, schema, lambda row, name: _place(places[name], row) if name in places else "/inputs")


def _place(tensor_index, position):
    return f"/inputs/{tensor_index}/data/{position}"


def _rows(shape, data, width, index):
    if len(shape) == 1 and shape[0] == width and width > 1:
        shape = [1, width]
    if len(shape) != 2 or shape[1] != width:
        raise _wrong(f"/inputs/{index}/shape", f"[n, {width}]", shape)
    return [data[start : start + width] for start in range(0, len(data), width)] if width else []


def _tensor(tensor_in, place):
    """(name, shape, flat data) of a request tensor; data may come nested."""
    if not isinstance(tensor_in, dict):
        raise _wrong(place, "a tensor with name, shape, datatype and data", tensor_in)
    name, shape, datatype, data = (tensor_in.get(key) for key in ("name", "shape", "datatype", "data"))
    if not isinstance(name, str):
        raise _wrong(f"{place}/name", "a string", name)
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise _wrong(f"{place}/datatype", "one of " + ", ".join(sorted(DATATYPES)), datatype)
    if not isinstance(shape, list) or not shape or not all(type(size) is int and size >= 0 for size in shape):
        raise _wrong(f"{place}/shape", "a list of sizes", shape)
    if not isinstance(data, list):
        raise _wrong(f"{place}/data", "a list", data)
    flat = _flatten(data, len(shape))
    size = 1
    for each in shape:
        size *= each
    if len(flat) != size:
        raise _wrong(f"{place}/data", f"{size} values, as the shape says", flat)
    wanted = (int, float) if datatype in NUMERIC else (bool,) if datatype == "BOOL" else (str,)
    for position, value in enumerate(flat):
        if value is not None and type(value) not in wanted:
            way = f"; {PER_COLUMN}" if len(shape) == 2 and shape[1] > 1 else ""
            raise _wrong(f"{place}/data/{position}", f"a value of type {datatype}{way}", value)
    return name, shape, flat


def _flatten(data, depth):
    for _ in range(depth - 1):
        if not data or not all(isinstance(each, list) for each in data):
            break
        data = [value for each in data for value in each]
    return data


def tensor(name, values):
    """A response tensor of a rectangular list."""
    shape = []
    level = values
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    flat = values
    for _ in shape[1:]:
        flat = [value for each in flat for value in each]
    kinds = {type(value) for value in flat}
    datatype = "BYTES"
    for kind, known in ((bool, "BOOL"), (int, "INT64"), (float, "FP64")):
        if kinds == {kind} or (kind is float and kinds == {int, float}):
            datatype = known
    return {"name": name, "shape": shape, "datatype": datatype, "data": flat}


def _wrong(pointer, expected, got):
    return invalid([{"pointer": pointer, "expected": expected, "got": shown(got)}])
