"""Pipelines."""


def pipeline(estimator, out, columns):
    steps = []
    for _, step in estimator.steps:
        if step is None or step == "passthrough":
            continue
        steps.append(out.export(step, columns))
        columns = None
    return {"kind": "chain", "steps": steps}
