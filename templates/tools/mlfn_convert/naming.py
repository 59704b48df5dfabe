"""Inputs and outputs of an ONNX model under the names of the network's own, and what it says of itself."""

from .original import Unsupported


def named(model, inputs, outputs):
    """The model with its outputs so named, and its first open size called batch. `inputs` are as it has them already."""
    graph = model.graph
    if [each.name for each in graph.input] != list(inputs):
        raise Unsupported(f"its inputs became {', '.join(each.name for each in graph.input)} in ONNX")
    _rename(graph, dict(_changes(graph, outputs)))
    for each in (*graph.input, *graph.output):
        sizes = each.type.tensor_type.shape.dim
        if sizes and sizes[0].WhichOneof("value") != "dim_value":
            sizes[0].dim_param = "batch"
    return model


def _changes(graph, outputs):
    taken = {name for node in graph.node for name in (*node.input, *node.output)} | {each.name for each in graph.initializer}
    taken |= {each.name for each in graph.input}
    for value, name in zip(graph.output, outputs):
        if value.name != name:
            yield value.name, name if name not in taken else f"{name}_output"


def _rename(graph, changes):
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = changes.get(name, name)
    for value in (*graph.output, *graph.value_info):
        value.name = changes.get(value.name, value.name)


def save(model, path):
    """Writes it as one file. Raises Unsupported where that is too large for its layout (protobuf: 2 GiB)."""
    if model.ByteSize() >= 2**31:
        raise Unsupported("as ONNX it is larger than 2 GiB")
    model.producer_name, model.producer_version, model.doc_string = "mlfn", "", ""
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def note(path, key, value):
    """Adds a line to what the file says of itself."""
    import onnx

    model = onnx.load(path)
    model.metadata_props.add(key=key, value=value)
    save(model, path)
