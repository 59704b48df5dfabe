"""Problem documents (RFC 9457): what a client is told when a request cannot be answered."""

MAX_ERRORS = 20

TITLES = {
    "invalid-json": "The body is not valid JSON",
    "invalid-input": "The input does not fit the model",
    "refused": "The input was refused",
    "not-found": "There is nothing at this path",
    "method-not-allowed": "This path does not take this method",
    "unsupported-media-type": "The body is not JSON",
    "too-large": "Too large",
    "data-forbidden": "This object may not be read here",
    "data-denied": "The function may not reach the object",
    "data-missing": "There is no such object",
    "data-changed": "The object was changed",
    "data-unreachable": "The object cannot be reached",
    "invalid-data": "The object cannot be read",
    "unsupported-data": "The object is of a format that is not read here",
    "model-failed": "The model failed",
    "hook-failed": "The hook failed",
    "function-failed": "The function failed",
    "app-failed": "The app failed",
    "reload-failed": "The other model cannot be served",
    "unserialisable-answer": "The answer cannot be written as JSON",
}


class InitError(Exception):
    """The package cannot serve: the message says why, in one sentence."""


class Problem(Exception):
    """A request that gets a problem document. `errors` are dicts with field, pointer, expected and got."""

    def __init__(self, status, kind, detail, errors=(), headers=None):
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}

    def document(self):
        """The members of the document, ready for JSON."""
        document = {
            "type": "urn:mlfn:" + self.kind,
            "title": TITLES[self.kind],
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = self.errors[:MAX_ERRORS]
        return document


def invalid(errors):
    """The 422 for input that does not fit; its detail tells the first errors in words."""
    told = []
    for error in errors[:3]:
        place = error.get("field") or error.get("pointer") or ""
        if "record" in error:
            place = "record {}{}".format(error["record"], ", " + place if place else "")
        text = "expected {expected}, got {got}".format(**error)
        told.append(f"{place}: {text}" if place else text)
    detail = "; ".join(told)
    if len(errors) > 3:
        detail += f"; and {len(errors) - 3} more"
    return Problem(422, "invalid-input", detail, errors)


def shown(value):
    """How a JSON value is named to a client: short, and never the whole of a long one."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return 'the string "{}"'.format(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (int, float)):
        return number_text(value)
    return "a " + type(value).__name__


def number_text(value):
    """A number as text; integers of thousands of digits are only counted (Python refuses to print them)."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of {value.bit_length()} bits"
    return repr(value)
