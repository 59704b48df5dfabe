"""PyTorch: TorchScript, and exported programs (.pt2)."""

import warnings

from .network import Network, Told

# For a size that a call decides (the length of a sequence): the first that the network takes.
SIZES = (8, 5, 3, 1, 16, 32, 64, 224)


def opened(path, model, threads):
    import torch

    torch.set_num_threads(threads)
    if model["format"] == "torch-exported":
        program = torch.export.load(path)
        return TorchNetwork(torch, program.module(), _of_program(program))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is an old format
        network = torch.jit.load(path, map_location="cpu").eval()
    inputs = [Told(each["name"], each["type"], _named(each["shape"])) for each in model["inputs"]]
    return TorchNetwork(torch, network, inputs)


def _named(shape):
    return [size if size is not None else "batch" if place == 0 else None for place, size in enumerate(shape)]


def _of_program(program):
    nodes = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    found = []
    for name in program.graph_signature.user_inputs:
        sizes = [size if isinstance(size, int) else None for size in nodes[name].shape]
        found.append(Told(name, str(nodes[name].dtype).rpartition(".")[2], _named(sizes)))
    return found


class TorchNetwork(Network):
    def __init__(self, torch, call, inputs):
        self.torch, self.call, self.inputs = torch, call, inputs
        self.outputs = self._outputs()

    def run(self, names, feeds):
        """Arrays in the order of the outputs."""
        return [each for _, each in self._asked([feeds[told.name] for told in self.inputs])]

    def _asked(self, arrays):
        torch = self.torch
        with torch.no_grad():
            told = self.call(*(torch.from_numpy(each.copy()) for each in arrays))
        return [(name, _array(torch, each)) for name, each in _flat(torch, told)]

    def _outputs(self):
        """By asking: an output whose first size is the number of records is by record."""
        many = [self._zeros(count) for count in ((2, 3) if self._is_batched() else (1,))]
        outputs = []
        for (name, first), (_, last) in zip(many[0], many[-1]):
            grows = len(many) > 1 and first.ndim > 0 and (len(first), len(last)) == (2, 3)
            sizes = ["batch" if grows and not place else size for place, size in enumerate(first.shape)]
            outputs.append(Told(name, str(first.dtype), sizes))
        return outputs

    def _is_batched(self):
        return any(told.shape and told.shape[0] == "batch" for told in self.inputs)

    def _zeros(self, count):
        import numpy

        failure = None
        for free in SIZES:
            made = []
            for told in self.inputs:
                sizes = [count if size == "batch" else free if size is None else size for size in told.shape]
                element = told.type[len("tensor(") : -1]
                made.append(numpy.zeros(sizes, {"float": "float32", "double": "float64"}.get(element, element)))
            try:
                return self._asked(made)
            except Exception as error:
                failure = failure or error
        raise failure


def _array(torch, tensor):
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _flat(torch, told):
    """(name, tensor) of each, with their keys where they are in a dict."""
    if isinstance(told, torch.Tensor):
        return [("output", told)]
    if isinstance(told, dict):
        return [(str(key), each) for key, each in told.items()]
    return [(f"output_{place}", each) for place, each in enumerate(told)]
