"""What a body that names an object looks like: {"bucket": "B", "key": "K"} or {"data": "s3://B/K"}, and `header` of a CSV."""

from ..problems import invalid, shown

NAMES = (frozenset(["data"]), frozenset(["bucket", "key"]))


class Reference:
    """`uri`, or `bucket` and `key`; `header` is None where the first line of a CSV is to tell by itself."""

    __slots__ = ("uri", "bucket", "key", "header")

    def __init__(self, body):
        self.uri = body.get("data")
        self.bucket = body.get("bucket")
        self.key = body.get("key")
        self.header = body.get("header")


def reference(body, schema):
    """The Reference that a body is, or None. A model with fields of these very names gets records. Raises the 422."""
    if not isinstance(body, dict):
        return None
    names = body.keys() - {"header"}
    if names not in NAMES or names <= schema.by_name.keys():
        return None
    errors = [_wrong(name, "a string", body[name]) for name in sorted(names) if not isinstance(body[name], str)]
    if not isinstance(body.get("header", True), bool):
        errors.append(_wrong("header", "true or false", body["header"]))
    if errors:
        raise invalid(errors)
    return Reference(body)


def _wrong(name, expected, got):
    return {"field": name, "pointer": f"/{name}", "expected": expected, "got": shown(got)}
