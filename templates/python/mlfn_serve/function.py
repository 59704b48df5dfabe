"""A Python function as the whole artifact, or a WSGI app."""

from .endpoint import JSON, Endpoint
from .events import body_text, respond
from .hooks import blames_input, parameters, refusal
from .jsontext import dumps
from .problems import InitError, Problem

PROXY_KEYS = frozenset(["statusCode", "headers", "body", "isBase64Encoded", "cookies", "multiValueHeaders"])
# Of inspect.CO_*, without importing inspect: 10 ms of a cold start.
ASYNC = 0x80
VARARGS = 0x04


def endpoint(name, release, module, artifact):
    """One parameter: the payload. (event, context): payload and Lambda context. Any other callable is a WSGI app."""
    attribute = artifact["attribute"]
    function = module
    for part in attribute.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        what = "defines no" if function is None else "has no callable"
        raise InitError(f"{artifact['module']}.py {what} {attribute}.")
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & ASYNC:
        raise InitError(f"{attribute} is an async function; give a plain one or a WSGI app.")
    names, defaults = parameters(function)
    required = len(names) - defaults
    if names == ["event", "context"]:
        return FunctionEndpoint(name, release, function, with_context=True)
    if names and required <= 1:
        return FunctionEndpoint(name, release, function, with_context=False)
    if not names and hasattr(function, "__code__") and not function.__code__.co_flags & VARARGS:
        raise InitError(
            f"{attribute} takes no parameters, so it is neither a function of a payload nor a WSGI app. If it makes an app,"
            f" write app = {attribute}() in {artifact['module']}.py and give {artifact['module']}.py:app."
        )
    from .wsgi import AppEndpoint

    return AppEndpoint(name, release, function)


class FunctionEndpoint(Endpoint):
    """POST / and /predict call the function; an answer shaped like a Lambda proxy answer sets status and headers."""

    def __init__(self, name, release, function, with_context):
        super().__init__(name, release)
        self.function = function
        self.with_context = with_context

    def answer(self, payload, context):
        """What the function returns."""
        try:
            return self.function(payload, context) if self.with_context else self.function(payload)
        except (Exception, SystemExit) as error:
            if blames_input(error, payload):
                raise refusal(error) from error
            detail = f"It raised {type(error).__name__}; the trace is in the log."
            raise Problem(500, "function-failed", detail) from error

    def post(self, request, context):
        """POST / and /predict; an empty body is an empty object."""
        text = body_text(request)
        value = self.answer(self.json(text, request) if text.strip() else {}, context)
        if isinstance(value, dict) and type(value.get("statusCode")) is int and value.keys() <= PROXY_KEYS:
            return _proxied(value)
        return respond(200, JSON, dumps(value))

    def document(self):
        """The OpenAPI document of a payload that only the function knows."""
        from . import openapi

        return openapi.for_function(self)


def _proxied(value):
    body = value.get("body")
    text = body if isinstance(body, str) else "" if body is None else dumps(body)
    headers = {str(name).lower(): str(each) for name, each in (value.get("headers") or {}).items()}
    answer = respond(value["statusCode"], JSON, text, headers)
    answer["isBase64Encoded"] = bool(value.get("isBase64Encoded"))
    for key in ("cookies", "multiValueHeaders"):
        if key in value:
            answer[key] = value[key]
    return answer
