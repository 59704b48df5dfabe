"""What is wrong with the bytes of an object, and how many rows are looked at together."""

from ..problems import Problem

# Values of one block: what is held of an object at once.
VALUES = 200_000


class Broken(Exception):
    """`line` counts from 1, `record` from 0; None where there is none."""

    def __init__(self, told, line=None, record=None):
        super().__init__(told)
        self.line = line
        self.record = record

    def problem(self):
        """The 422 that says where."""
        place = [] if self.record is None else [f"record {self.record}"]
        place += [] if self.line is None else [f"line {self.line}"]
        return Problem(422, "invalid-data", f"{', '.join(place) or 'The object'}: {self}")


def rows_of_block(width):
    """How many rows of so many values go together."""
    return max(1, VALUES // max(width, 1))


def too_large(what, size, most):
    """What must be held whole, and is too large for that."""
    return Problem(413, "too-large", f"{what} of {size:,} bytes is held whole, and {most:,} are the most here; {MEND}.")


MEND = "write CSV, JSON lines, npy or Parquet, which are read block by block, or give the function more memory"
