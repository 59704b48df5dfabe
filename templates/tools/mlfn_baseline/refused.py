"""What is told instead of an answer."""


class Refused(Exception):
    """The request cannot be what the model takes, or the model cannot be asked; the message says why, the hint what to do."""

    refused = True

    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint
