"""What a model takes: its fields, and what shape a record has. Filled in by `introspect`."""

# How sure a kind is; a later finding replaces only a less certain one.
_RANK = {"ignored": 0, "any": 1, "number": 2, "string": 2, "label": 2, "category": 3}

WORDS = {
    "number": "a number",
    "string": "a string",
    "label": "a string or a whole number",
    "any": "a number, a string, true, false or null",
}


class Field:
    """One column. `kind` is number, string, label (a string or a whole number), category, any (nothing is known) or
    ignored (the model drops it). `levels` is (values, NumPy dtype or None) of a pandas category, `objects` whether
    numbers stood in a column of objects, `untold` what of it the file does not tell and is needed."""

    __slots__ = (
        *("name", "kind", "allowed", "closed", "nullable", "missing", "example", "_keys", "_types"),
        *("levels", "objects", "untold"),
    )

    def __init__(self, name):
        self.name = name
        self.kind = "ignored"
        self.allowed = None
        self.closed = False
        self.nullable = None
        self.missing = float("nan")
        self.example = None
        self.levels = None
        self.objects = False
        self.untold = None

    def learn(self, kind, example=None):
        """Takes a kind over unless a more certain one is known."""
        if _RANK[kind] > _RANK[self.kind]:
            self.kind = kind
        if example is not None and self.example is None:
            self.example = example

    def restrict(self, values, closed):
        """The categories of an encoder, as JSON values without the missing ones."""
        if self.allowed is not None:
            closed = closed or self.closed
            known = self._keys
            values = [value for value in values if (type(value) is bool, value) in known] if closed else self.allowed
        numbers = bool(values) and all(type(value) in (int, float) for value in values)
        self.kind = "number" if numbers else "category"
        self.allowed = values
        self.closed = closed
        self._keys = frozenset((type(value) is bool, value) for value in values)
        self._types = frozenset(_json_type(value) for value in values)
        if self.example is None and values:
            self.example = values[0]

    def recall(self, levels, dtype, closed):
        """A pandas category: its levels in the order of training."""
        self.restrict(levels, closed)
        self.levels = (levels, dtype)
        self.nullable = True

    def knows(self, value):
        """Whether a value is one of the categories."""
        return (type(value) is bool, value) in self._keys

    def takes_type_of(self, value):
        """Whether a value has the JSON type of one of the categories."""
        return _json_type(value) in self._types or not self._types

    def expected(self):
        """In words, for a problem document."""
        if self.allowed is not None and (self.closed or self.kind == "category"):
            if self.closed and len(self.allowed) <= 30:
                return "one of " + ", ".join(_quoted(value) for value in self.allowed) + self._or_null()
            if self.closed:
                return f"one of the {len(self.allowed)} values known from training"
            return " or ".join("a " + kind for kind in sorted(self._types)) + self._or_null()
        return WORDS[self.kind] + self._or_null()

    def _or_null(self):
        return " or null" if self.nullable and self.kind != "any" else ""


def _json_type(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string"


def _quoted(value):
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


class Schema:
    """The shape of a record, and its fields.

    shape: `record` (named fields), `row` (a list by position), `text` (a string), `mapping` (an object of any keys, as
    DictVectorizer takes it) or `open` (nothing is known; the model is asked record by record).
    frame: whether the model must be given a pandas DataFrame.
    underscored: whether the model wrote the spaces in its columns' names as underscores.
    """

    __slots__ = ("shape", "fields", "frame", "by_name", "loose", "numeric", "floats", "untold", "underscored")

    def __init__(self, shape, fields=(), frame=False, underscored=False):
        self.shape = shape
        self.fields = list(fields)
        self.frame = frame
        self.by_name = {field.name: field for field in self.fields}
        # Nothing but numbers, each as good as another.
        self.numeric = all(field.kind == "number" and not field.closed for field in self.fields)
        # What the model gets is an array of floats, whatever comes.
        self.floats = all(field.kind == "number" and not (field.levels or field.objects) for field in self.fields)
        self.untold = next((field.untold for field in self.fields if field.untold), None)
        self.underscored = underscored
        # Columns of which nothing is known: records are grouped by what they hold there.
        self.loose = [index for index, field in enumerate(self.fields) if field.kind == "any"]


SAVED = ("name", "kind", "allowed", "closed", "nullable", "missing", "example", "levels", "objects")


def restored(saved):
    """The Schema of what `saved_schema` made."""
    fields = []
    for each in saved["fields"]:
        field = Field(each["name"])
        if each["allowed"] is not None:
            field.restrict(each["allowed"], each["closed"])
        for name in SAVED:
            setattr(field, name, each[name])
        fields.append(field)
    return Schema(saved["shape"], fields, False, saved["underscored"])
