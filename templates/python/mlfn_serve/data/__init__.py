"""Data by reference: a request names an object, and the model answers its rows as though they had been posted.

On only where the release says what may be read, in MLFN_DATA:

    {"read": ["s3://bucket/validation/"], "write": "s3://bucket/predictions/", "formats": ["joblib"],
     "memory": 1024, "folders": {"bucket": "file:///home/ada/bucket/"}}

`read` and `write` are what the function's role may touch; this code refuses what is outside of them by itself, too. `memory`
is in MB. `folders`: what stands for a bucket, on the local target.
"""

from .. import bodies
from ..problems import Problem, invalid
from .answers import Answers
from .fitting import fitter
from .objects import Objects
from .places import Places
from .reading import blocks
from .references import reference


class Data:
    """What MLFN_DATA says, and the way from a reference to an answer."""

    def __init__(self, settings):
        self.places = Places(settings)
        self.formats = frozenset(settings.get("formats") or ())
        self.memory = settings["memory"] << 20
        self.objects = Objects(self.memory)

    def refers(self, body, schema):
        """Whether a body names an object, and is no record of this model."""
        return reference(body, schema) is not None

    def answer(self, endpoint, body):
        """The answer to all rows of the object, or where it was written. Raises Problem."""
        asked = reference(body, endpoint.model.schema)
        place = self.places.readable(asked)
        found = self.objects.stat(place)
        output = self.places.output(place, (found.tag, asked.header, *map(str, endpoint.identity.values())))
        with self.objects.copied(place, found) as path:
            rows = self.rows(path, asked, endpoint.model.schema)
            with Answers(endpoint, body, output, self.objects) as answers:
                if endpoint.hooks.preprocess is not None:
                    answers.add(*endpoint.prepared(endpoint.hooks.before([row for block, _ in rows for row in block])))
                else:
                    for block, lines in _numbered(rows):
                        answers.add(*_asked(endpoint.model, block, lines))
                return answers.finished()

    def rows(self, path, asked, schema):
        """Yields (rows as the schema has them, their lines or None). Raises the 422 that names row and line."""
        fitted = fitter(schema)
        some = False
        for block, lines in blocks(path, asked.header, schema, self.formats, self.memory):
            some = some or bool(block)
            yield fitted(block), lines
        if not some:
            raise Problem(422, "invalid-data", "The object has no rows.")


def _numbered(rows):
    """With the position of each block's first row."""
    first = 0
    for block, lines in rows:
        if block:
            yield block, (first, lines)
        first += len(block)


def _asked(model, block, place):
    """What the model says of a block. The 422 names rows by their position in the whole object."""
    try:
        return model.predict(bodies.batch(block, model.schema, bodies.at("")))
    except Problem as problem:
        if not problem.errors:
            raise
        first, lines = place
        for error in problem.errors:
            error.pop("pointer", None)  # there is no body to point into
            if "record" in error:
                if lines is not None:
                    error["line"] = lines[error["record"]]
                error["record"] += first
        told = invalid(problem.errors)
        raise Problem(422, problem.kind, told.detail, problem.errors) from None
