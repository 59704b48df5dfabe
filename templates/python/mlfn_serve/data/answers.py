"""The answers to all rows: in one piece while they fit into an answer, else as JSON lines beside the data."""

import os
import tempfile

from ..endpoint import JSON
from ..events import answer_limit, respond, too_large
from ..jsontext import dumps
from ..problems import Problem


class Answers:
    """A context manager; `output` is the Place where they may be written, or None."""

    def __init__(self, endpoint, body, output, objects):
        self.endpoint = endpoint
        self.body = body
        self.output = output
        self.objects = objects
        self.count = 0
        self.size = 0
        self.held = ([], [])
        self.path = None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.path is not None:
            os.remove(self.path)

    def add(self, predictions, probabilities):
        """Those of a block. Raises Problem 413 once they are too many, and may not be written."""
        self.count += len(predictions)
        if self.path is None:
            self.held[0].extend(predictions)
            self.held[1].extend(probabilities or ())
            self.size += len(dumps(predictions)) + len(dumps(probabilities))
            if self.size > answer_limit() and self.endpoint.hooks.postprocess is None:
                self._spill()
        else:
            self._write(predictions, probabilities)

    def finished(self):
        """The answer itself, or {"output", "count", "model"}. Raises Problem 413."""
        if self.path is None:
            predictions, probabilities = self.held
            answer = self.endpoint.finished(predictions, probabilities or None, self.body)
            text = dumps(answer)
            if not too_large(respond(200, JSON, text)):
                return answer
            if self.endpoint.hooks.postprocess is None:
                self._spill()
            else:
                self._begin()
                self._append([text])
        self.objects.put(self.output, self.path)
        return {"output": str(self.output), "count": self.count, "model": self.endpoint.identity}

    def _spill(self):
        self._begin()
        predictions, probabilities = self.held
        self.held = ([], [])
        self._write(predictions, probabilities or None)

    def _begin(self):
        if self.output is None:
            most = answer_limit()
            mend = "name objects of fewer rows, or have it written: `data: {write: ...}` in mlfn.yaml"
            fit = f"some {self.count * most // max(self.size, 1):,} rows fit"
            raise Problem(413, "too-large", f"The answer to {self.count:,} rows is larger than {most >> 20} MB, {fit}; {mend}.")
        handle, self.path = tempfile.mkstemp()
        os.close(handle)

    def _write(self, predictions, probabilities):
        if probabilities is None:
            self._append(dumps({"prediction": each}) for each in predictions)
        else:
            both = zip(predictions, probabilities)
            self._append(dumps({"prediction": each, "probabilities": chances}) for each, chances in both)

    def _append(self, texts):
        with open(self.path, "a", encoding="utf-8", newline="\n") as file:
            for text in texts:
                file.write(text + "\n")
