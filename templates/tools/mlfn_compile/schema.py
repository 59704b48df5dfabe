"""What the model takes, as data that the compiled form carries."""

from .unsupported import Unsupported


def saved_schema(schema):
    """What mlfn_serve.fields.restored makes a Schema of. Raises Unsupported."""
    from mlfn_serve.fields import SAVED

    if schema.shape == "open" or schema.untold:
        raise Unsupported("the model does not tell what it takes")
    if schema.loose:
        raise Unsupported(f"what the column {schema.fields[schema.loose[0]].name} holds is not known")
    fields = [{name: _plain(getattr(field, name)) for name in SAVED} for field in schema.fields]
    for field in fields:
        # An array of floats, as mlfn_serve.matrix makes it, holds NaN where None was put in.
        if field["kind"] == "number" and not field["objects"] and (schema.frame or schema.floats):
            field["missing"] = float("nan")
    return {"shape": schema.shape, "fields": fields, "underscored": schema.underscored}


def _plain(value):
    if isinstance(value, tuple):  # the levels of a pandas category, and their dtype
        return [_plain(list(value[0])), None]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.item() if hasattr(value, "item") else value
