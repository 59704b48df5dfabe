"""JSON Schema of a body that names an object, and of the answer that was written beside it."""

_HEADER = {"type": "boolean", "description": "Whether a CSV begins with names; without it, that is seen."}
_URI = {"type": "string", "examples": ["s3://bucket/folder/rows.csv", "gs://bucket/folder/rows.csv"]}
_TEXT = {"type": "string"}


def _body(**properties):
    made = {"type": "object", "required": [*properties], "properties": {**properties, "header": _HEADER}}
    return {**made, "additionalProperties": False, "description": "The rows of this object."}


REFERENCE = {"anyOf": [_body(data=_URI), _body(bucket=_TEXT, key=_TEXT)]}
WRITTEN = {
    "type": "object",
    "description": "The answer was too large for one: JSON lines, one for each row.",
    "required": ["output", "count"],
    "properties": {"output": _TEXT, "count": {"type": "integer"}, "model": {"type": "object"}},
}
