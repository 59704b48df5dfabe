"""Lines of UTF-8 text, none of which is endless."""

from .broken import Broken

MAX_LINE = 16 * 1024 * 1024


class Lines:
    """Iterates over the lines with their ends; `number` is that of the line that came last, from 1."""

    def __init__(self, file):
        self.file = file
        self.number = 0

    def __iter__(self):
        return self

    def __next__(self):
        raw = self.file.readline(MAX_LINE + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) > MAX_LINE:
            raise Broken(f"longer than {MAX_LINE >> 20} MB", self.number)
        if self.number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise Broken(f"not UTF-8 at byte {error.start}", self.number) from None
