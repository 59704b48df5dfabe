"""Linear models: of one row plain sums are as quick, of many rows a product is quicker."""

from .build import Build

KINDS = {"linear-classifier": "graph-linear-classifier", "linear-regressor": "graph-linear-regressor"}


def graphed(node, out):
    """The plain node with its sums as a graph, which is fed with the same weights."""
    width, count = node["width"], len(node["bias"])
    build = Build({"x": [None, width], "weights": [count, width], "bias": [count]})
    model = build.model(build.add("Gemm", "x", "weights", "bias", transB=1))
    kept = {name: value for name, value in node.items() if name not in ("weights", "bias")}
    graph = out.graph(model, width, count * width, {"bias": node["bias"]})
    graph["feeds"]["weights"] = {**node["weights"], "shape": [count, width]}
    return {**kept, **graph, "kind": KINDS[node["kind"]]}
