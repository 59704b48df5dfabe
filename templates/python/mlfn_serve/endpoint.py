"""Routing that models and functions share: HTTP events in, answers or problem documents out."""

from . import ROOT
from .events import body_text, is_http, parse, respond, too_large
from .hooks import log_trace
from .jsontext import Unserialisable, dumps, loads
from .problems import Problem

JSON = "application/json"
PROBLEM = "application/problem+json"
# The page asks nobody but its own endpoint.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


class Endpoint:
    """One package's answers. `handle(event, context)` never raises for anything a client can send."""

    def __init__(self, name, release):
        self.identity = {"name": name, "release": release}
        self.routes = {
            "/": {"GET": self.page, "POST": self.post},
            "/predict": {"POST": self.post},
            "/healthz": {"GET": self.health},
            "/openapi.json": {"GET": self.openapi},
        }

    def answer(self, payload, context):
        """The JSON value for a payload; subclasses fill it in."""
        raise NotImplementedError

    def document(self):
        """The OpenAPI document; subclasses fill it in."""
        raise NotImplementedError

    def find(self, path):
        """The methods of a path, or None."""
        return self.routes.get(path)

    def handle(self, event, context):
        """The answer to a Lambda event: an HTTP answer, which names release and call, or a bare payload's JSON value."""
        return self.stamped(self.reply(event, context), event, context)

    def stamped(self, answer, event, context):
        """An HTTP answer with who gave it in its headers: a status without them is the platform's own."""
        if not is_http(event):
            return answer
        release = self.identity["release"]
        headers = answer["headers"]
        if isinstance(release, int):
            headers["x-mlfn-release"] = str(release)
        call = getattr(context, "aws_request_id", None)
        if call:
            headers["x-mlfn-request-id"] = str(call)
        return answer

    def reply(self, event, context):
        """The answer itself."""
        request = None
        try:
            request = parse(event)
            if request is None:
                return loads_plain(self.answer(event, context))
            answer = self.dispatch(request, context)
            most = too_large(answer)
            if most:
                raise Problem(413, "too-large", f"The answer is larger than {most} MB; send fewer records at once.")
        except (Exception, SystemExit) as error:  # the client gets a problem document, the log the trace
            problem = self.problem(error)
            if not is_http(event):
                return problem.document()
            answer = respond(problem.status, PROBLEM, dumps(problem.document()), problem.headers)
        if request is not None and request.method == "HEAD":
            answer["body"] = ""
        return answer

    def dispatch(self, request, context):
        """The HTTP answer of a route. Raises Problem 404 and 405."""
        path = request.path.rstrip("/") or "/"
        methods = self.find(path)
        if methods is None:
            raise Problem(404, "not-found", f"There is no {path[:200]} here; /openapi.json lists what there is.")
        method = "GET" if request.method == "HEAD" and "GET" in methods else request.method
        allow = ", ".join(["OPTIONS", *methods, *(["HEAD"] if "GET" in methods else [])])
        if method == "OPTIONS":
            return respond(204, JSON, "", {"allow": allow})
        if method not in methods:
            raise Problem(405, "method-not-allowed", f"{path} takes {allow}.", headers={"allow": allow})
        return methods[method](request, context)

    def post(self, request, context):
        """POST / and /predict."""
        text = body_text(request)
        if not text.strip():
            raise Problem(400, "invalid-json", "The body is empty; send a record as JSON.")
        return respond(200, JSON, dumps(self.answer(self.json(text, request), context)))

    def json(self, text, request):
        """The body's value; for a body that is no JSON and does not claim to be, the problem is its type."""
        try:
            return loads(text)
        except Problem:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind and "json" not in kind and kind != "text/plain" and text.lstrip()[:1] not in ("{", "["):
                raise Problem(415, "unsupported-media-type", f"The body is {kind}; send JSON.") from None
            raise

    def health(self, request, context):
        """GET /healthz: the package is loaded, else there would be no answer at all."""
        return respond(200, JSON, dumps({"status": "ok", "model": self.identity}))

    def openapi(self, request, context):
        """GET /openapi.json."""
        return respond(200, JSON, dumps(self.document()))

    def page(self, request, context):
        """GET /: the page to try it from; it reads openapi.json itself."""
        import os

        with open(os.path.join(ROOT, "mlfn_serve", "page.html"), encoding="utf-8") as file:
            return respond(200, "text/html; charset=utf-8", file.read(), {"content-security-policy": PAGE_POLICY})

    def problem(self, error):
        """The problem document for any exception; traces go to the log."""
        if isinstance(error, Problem):
            if error.__cause__ is not None:
                log_trace(error.__cause__)
            return error
        log_trace(error)
        if isinstance(error, Unserialisable):
            return Problem(500, "unserialisable-answer", f"There is no JSON for {error}.")
        return Problem(500, "model-failed", f"{type(error).__name__} was raised; the trace is in the log.")


def loads_plain(value):
    """The value as the Runtime API can write it: through our own JSON and back."""
    import json

    return json.loads(dumps(value))
