"""What is told instead of an answer."""


class Refused(Exception):
    """The request cannot be what the model takes; the message says why."""
