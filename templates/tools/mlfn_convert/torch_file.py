"""PyTorch: TorchScript, and exported programs (.pt2)."""

from functools import cached_property

from .naming import named, save
from .original import Port, Unsupported
from .probes import drawn

OPSET = 18
# Images that are tried where neither file nor sample tells.
IMAGES = (8, 16, 28, 32, 64, 128, 224, 256)


def opened(file, fmt, requests, inputs=None):
    import torch

    torch.set_num_threads(1)
    if fmt == "torch-exported":
        return Exported(torch.export.load(file))
    return Script(torch.jit.load(file, map_location="cpu").eval(), requests, inputs)


def _name(dtype):
    return str(dtype).rpartition(".")[2]


def _flat(told):
    """Tensors as torch orders them, with their keys where they are in a dict. Raises Unsupported."""
    import torch

    if isinstance(told, torch.Tensor):
        return ["output"], [told]
    items = list(told.items()) if isinstance(told, dict) else [(f"output_{place}", each) for place, each in enumerate(told)]
    if not all(isinstance(each, torch.Tensor) for _, each in items):
        raise Unsupported("it answers something else than tensors")
    return [str(key) for key, _ in items], [each for _, each in items]


class Network:
    """`call(*tensors)` in the order of `ports`."""

    @cached_property
    def outputs(self):
        return _names(self)

    def ask(self, feeds):
        import torch

        with torch.no_grad():
            told = self.call(*(torch.from_numpy(feeds[port.name].copy()) for port in self.ports))
        return [each.detach().cpu().numpy() for each in _flat(told)[1]]


class Exported(Network):
    def __init__(self, program):
        self.program = program
        self.call = program.module()
        nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
        self.ports = [self._port(nodes[name]) for name in program.graph_signature.user_inputs]

    def _port(self, node):
        value = node.meta["val"]
        if not hasattr(value, "dtype"):
            raise Unsupported(f"its argument {node.name} is no tensor")
        sizes = [size if isinstance(size, int) else None for size in value.shape]
        if None in sizes[1:]:
            # A size that other sizes decide, or that has bounds, is asked of the program itself when it is probed.
            limits = [str(size) for size in value.shape[1:] if not isinstance(size, int)]
            if any(not each.isidentifier() for each in limits):
                raise Unsupported(f"the sizes of its input {node.name} depend on each other ({', '.join(limits)})")
        return Port(node.name, _name(value.dtype), sizes)

    def export(self, path):
        import torch

        exported = torch.onnx.export(self.program, dynamo=True, verbose=False, opset_version=OPSET)
        model = exported.model_proto
        save(named(model, [port.name for port in self.ports], self.outputs), path)


class Script(Network):
    def __init__(self, module, requests, inputs):
        self.module, self.call = module, module
        schema = module.forward.schema
        names = [each.name for each in schema.arguments[1:] if not each.has_default_value()]
        if any(str(each.type) != "Tensor" for each in schema.arguments[1:] if not each.has_default_value()):
            raise Unsupported("it takes something else than tensors")
        if inputs is None:
            self.ports = _taken(self, names, requests)
        else:
            self.ports = [Port(each["name"], each["type"], each["shape"]) for each in inputs]

    def export(self, path):
        import onnx
        import torch

        sizes = {port.name: [2 if place == 0 else size for place, size in enumerate(port.shape)] for port in self.ports}
        import numpy

        feeds = drawn(self.ports, sizes, numpy.random.default_rng(0))
        torch.onnx.export(
            self.module,
            tuple(torch.from_numpy(feeds[port.name]) for port in self.ports),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=[port.name for port in self.ports],
            output_names=self.outputs,
            dynamic_axes={name: {0: "batch"} for name in [*sizes, *self.outputs]},
        )
        save(named(onnx.load(path), list(sizes), self.outputs), path)


def _names(network):
    """Of the outputs, by asking once."""
    import numpy
    import torch

    sizes = {port.name: [2 if size is None else size for size in port.shape] for port in network.ports}
    feeds = drawn(network.ports, sizes, numpy.random.default_rng(0))
    with torch.no_grad():
        return _flat(network.call(*(torch.from_numpy(feeds[port.name]) for port in network.ports)))[0]


def _taken(script, names, requests):
    """Types and shapes of the inputs, which TorchScript does not tell: the sample's, or what alone fits the first weights."""
    for sizes in (sizes for body in requests for sizes in _of_body(body, names)):
        for dtype in ("float32", "int64"):
            ports = [Port(name, dtype, [None, *sizes[name]]) for name in names]
            if _takes(script, ports):
                return ports
    fitting = [ports for ports in _guesses(script.module, names) if _takes(script, ports)]
    if len(fitting) == 1:
        return fitting[0]
    raise Unsupported(
        "TorchScript does not tell the shape of its input: give a sample, or save the network with torch.export.save"
    )


def _takes(script, ports):
    """Whether it answers one record, and three, by record."""
    import numpy

    script.ports = ports
    chance = numpy.random.default_rng(0)
    try:
        for count in (1, 3):
            told = script.ask(drawn(ports, {port.name: [count, *port.shape[1:]] for port in ports}, chance))
            if not all(each.ndim and len(each) == count for each in told):
                return False
    except Unsupported:
        raise
    except Exception:
        return False
    return True


def _guesses(module, names):
    """Of one input: a row for a first layer that is linear, images of usual sizes for one that is a convolution."""
    weights = [tuple(each.shape) for each in module.state_dict().values() if each.ndim >= 2]
    if not weights or len(names) != 1:
        return []
    first = weights[0]
    shapes = [first[1:2]] if len(first) == 2 else [(first[1], size, size) for size in IMAGES] if len(first) == 4 else []
    return [[Port(names[0], "float32", [None, *shape])] for shape in shapes]


def _of_body(body, names):
    """Shapes of a record, {name: shape}: a list may be several records, or one."""
    import numpy

    records = body.get("instances") if isinstance(body, dict) and "instances" in body else body
    try:
        if isinstance(records, dict):
            return [{name: numpy.asarray(records[name], dtype=float).shape for name in names}]
        if len(names) != 1 or not isinstance(records, list):
            return []
        if records and isinstance(records[0], dict):
            return [{name: numpy.asarray(records[0][name], dtype=float).shape for name in names}]
        shape = numpy.asarray(records, dtype=float).shape
        return [{names[0]: each} for each in ((shape[1:], shape) if len(shape) > 1 else (shape,))]
    except (KeyError, TypeError, ValueError):
        return []
