"""Why a model has no compiled form."""


class Unsupported(Exception):
    """The message is a clause that goes after `native:`, e.g. `KNeighborsClassifier has no plain form`."""
