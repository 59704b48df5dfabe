"""The user's own preprocess and postprocess, and whose fault an exception in the user's code is."""

from . import log
from .jsontext import Unserialisable
from .problems import InitError, Problem

VARKEYWORDS = 0x08  # inspect.CO_VARKEYWORDS, without importing inspect
GIVEN = ("predictions", "probabilities", "classes", "body")


class Hooks:
    """preprocess(body) and postprocess(any of predictions, probabilities, classes, body); either may be missing."""

    def __init__(self, module=None):
        self.preprocess = getattr(module, "preprocess", None)
        self.postprocess = getattr(module, "postprocess", None)
        self.wants = []
        if self.postprocess:
            names, defaults = parameters(self.postprocess)
            anything = getattr(getattr(self.postprocess, "__code__", None), "co_flags", 0) & VARKEYWORDS
            self.wants = GIVEN if anything else [name for name in names if name in GIVEN]
            for name in names[: len(names) - defaults]:
                if name not in GIVEN:
                    raise InitError(f"postprocess asks for '{name}'; it can have {', '.join(GIVEN)}.")

    def before(self, body):
        """What the model gets. What preprocess cannot read is the body's fault: it exists to read it."""
        if self.preprocess is None:
            return body
        try:
            return self.preprocess(body)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise refusal(error) from error
        except Exception as error:
            raise Problem(500, "hook-failed", _failed("preprocess", error)) from error

    def after(self, values):
        """The whole answer, of the values that postprocess asks for by name."""
        try:
            return self.postprocess(**{name: values[name] for name in self.wants})
        except ValueError as error:
            raise refusal(error) from error
        except Exception as error:
            raise Problem(500, "hook-failed", _failed("postprocess", error)) from error


def _failed(what, error):
    return f"{what} raised {type(error).__name__}; the trace is in the log."


def refusal(error):
    """The 422 for an exception of the user's code that the input caused."""
    if isinstance(error, KeyError) and error.args:
        name = str(error.args[0])
        told = {"field": name, "expected": "a value", "got": "nothing"}
        return Problem(422, "refused", f"'{name}' was looked for in the input and not found.", [told])
    return Problem(422, "refused", (str(error).strip() or type(error).__name__)[:500])


def blames_input(error, payload):
    """Whether an exception of a function is about its payload: a ValueError is; a KeyError or IndexError is when the
    very function that failed holds the payload, and a wrong type when that payload is not an object."""
    if isinstance(error, (Unserialisable, Problem)):
        return False
    if isinstance(error, ValueError):
        return True
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not any(value is payload for value in trace.tb_frame.f_locals.values()):
        return False
    if isinstance(error, LookupError):
        return True
    return isinstance(error, (TypeError, AttributeError)) and not isinstance(payload, dict)


def parameters(function):
    """(names of the positional parameters, how many of them have defaults), or ([], 0) when it takes anything."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    if not hasattr(function, "__code__"):
        function = type(function).__call__
        bound = 1
    else:
        bound = int(hasattr(function, "__self__"))
    code = getattr(function, "__code__", None)
    if code is None:
        return [], 0
    names = list(code.co_varnames[: code.co_argcount])[bound:]
    return names, len(function.__defaults__ or ())


def log_trace(error):
    """The trace goes to the log and nowhere else."""
    import traceback

    log.error("".join(traceback.format_exception(type(error), error, error.__traceback__)))
