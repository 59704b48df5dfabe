"""Before a booster that was fitted on pandas categories: their codes."""

from . import jsonable


def recoded(estimator, node):
    """The node behind what makes codes of categories, where the estimator knows any."""
    from mlfn_serve.introspect import describe

    fields = describe(estimator).fields
    if not any(field.levels for field in fields):
        return node
    columns = [[index, jsonable(field.levels[0]) if field.levels else None] for index, field in enumerate(fields)]
    return {"kind": "chain", "steps": [{"kind": "recode", "columns": columns}, node]}
