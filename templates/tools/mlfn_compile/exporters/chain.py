"""Pipelines."""

from ..unsupported import Unsupported

# They predict as well; inside a chain they only choose columns.
SELECTING = ("RFE", "RFECV")


def pipeline(estimator, out, columns):
    taken = [step for _, step in estimator.steps if step is not None and not is_passed(step)]
    if not taken:
        raise Unsupported("a Pipeline without a step has no plain form")
    steps = []
    last = estimator.steps[-1][1]
    for step in taken:
        steps.append(out.export(step, columns) if step is last else transformer(step, out, columns))
        columns = None
    return {"kind": "chain", "steps": steps}


def transformer(step, out, columns):
    """The node of what only transforms."""
    if type(step).__name__ in SELECTING and type(step).__module__.startswith("sklearn."):
        from .features import selector

        return selector(step, out, columns)
    return out.export(step, columns)


def is_passed(step):
    return isinstance(step, str) and step == "passthrough"
