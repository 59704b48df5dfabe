"""What an exception of the model means: the input's fault, or the model's."""

from .problems import Problem, invalid, shown

FLOAT32_MAX = 3.4028235e38


def explain(error, schema, batch):
    """The problem that an exception in the model means: the input's fault (422) or the model's (500)."""
    text = str(error)
    missing, large, odd = _suspects(schema, batch)
    about_values = isinstance(error, (ValueError, TypeError, AttributeError))
    if missing and about_values:
        return invalid(missing)
    if large and isinstance(error, (ValueError, OverflowError)):
        return invalid(large)
    unknown = schema.shape == "open" or bool(schema.loose)
    if isinstance(error, ValueError) or (unknown and isinstance(error, (TypeError, AttributeError, LookupError))):
        told = f"it looked for {text}" if isinstance(error, KeyError) else line_of(error)
        return Problem(422, "refused", f"The model refused the values: {told}", odd)
    return Problem(500, "model-failed", f"The model raised {type(error).__name__}; the trace is in the log.")


def line_of(error):
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]


def _suspects(schema, batch):
    """Values that are known to break models: missing ones, numbers outside 32-bit floats, and what is no number where
    the model does not tell what it takes."""
    missing, large, odd = [], [], []
    for index, row in enumerate(batch.rows if schema.fields else ()):
        for field, value in zip(schema.fields, row):
            place = {"field": field.name, "pointer": batch.pointer(index, field.name)}
            if not batch.single:
                place["record"] = index
            if value is None or value != value:
                if field.nullable is not True and field.kind != "ignored":
                    missing.append({**place, "expected": field.expected(), "got": "null"})
            elif isinstance(value, float) and abs(value) > FLOAT32_MAX:
                large.append({**place, "expected": "a number within 32-bit floats", "got": repr(value)})
            elif field.kind == "any" and not isinstance(value, float):
                odd.append({**place, "expected": "a value that the model can compute with", "got": shown(value)})
        if len(missing) + len(large) + len(odd) > 100:
            break
    return missing, large, odd
