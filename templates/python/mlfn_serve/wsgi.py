"""A WSGI app (PEP 3333) behind Lambda's HTTP events. Every path is the app's own."""

import base64
import io
import sys
from urllib.parse import unquote_to_bytes

from .endpoint import PROBLEM, Endpoint
from .events import parse, respond, too_large
from .hooks import log_trace
from .jsontext import dumps
from .problems import Problem

TEXT = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")


class AppEndpoint(Endpoint):
    """A payload that is no HTTP event is posted to / as JSON, and the app's JSON is the answer."""

    def __init__(self, name, release, app):
        super().__init__(name, release)
        self.app = app

    def reply(self, event, context):
        """The app's answer; an exception of the app is a 500 problem document and its trace is in the log."""
        try:
            request = parse(event)
            if request is not None:
                answer = call(self.app, environ(request, event, context), request.v1)
                most = too_large(answer)
                if most:
                    raise Problem(413, "too-large", f"The app's answer is larger than {most} MB.")
                return answer
            return self._posted(event, context)
        except Problem as problem:
            return _problem(problem)
        except (Exception, SystemExit) as error:
            log_trace(error)
            detail = f"It raised {type(error).__name__}; the trace is in the log."
            return _problem(Problem(500, "app-failed", detail))

    def _posted(self, payload, context):
        import json

        http = {"method": "POST", "path": "/", "sourceIp": "127.0.0.1"}
        headers = {"content-type": "application/json", "host": "localhost"}
        event = {"version": "2.0", "rawPath": "/", "headers": headers, "requestContext": {"http": http}}
        event["body"] = json.dumps(payload)
        answer = call(self.app, environ(parse(event), event, context), False)
        body = base64.b64decode(answer["body"]).decode("latin-1") if answer["isBase64Encoded"] else answer["body"]
        try:
            return json.loads(body)
        except ValueError:
            return body


def _problem(problem):
    return respond(problem.status, PROBLEM, dumps(problem.document()))


def environ(request, event, context):
    """The WSGI environment of a request."""
    headers = request.headers
    host, _, port = headers.get("host", "localhost").partition(":")
    scheme = headers.get("x-forwarded-proto", "https").partition(",")[0].strip()
    made = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": _latin1(request.prefix),
        # PEP 3333: the decoded bytes, each as one character.
        "PATH_INFO": _latin1(request.path),
        "QUERY_STRING": request.query,
        "SERVER_NAME": host,
        "SERVER_PORT": headers.get("x-forwarded-port") or port or ("443" if scheme == "https" else "80"),
        "SERVER_PROTOCOL": request.protocol,
        "REMOTE_ADDR": request.address,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.raw)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(request.raw),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": getattr(context, "multithread", False),
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "lambda.event": event,
        "lambda.context": context,
    }
    for name, value in headers.items():
        if name not in ("content-type", "content-length"):
            made["HTTP_" + name.upper().replace("-", "_")] = value
    if request.cookies:
        made["HTTP_COOKIE"] = "; ".join(request.cookies)
    return made


def _latin1(path):
    return unquote_to_bytes(path.encode("utf-8", "surrogatepass")).decode("latin-1")


class _Response:
    """start_response and write, and what they were told."""

    def __init__(self):
        self.status = None
        self.headers = []
        self.chunks = []

    def start(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.chunks:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.status is not None:
            raise AssertionError("start_response was called twice without exc_info")
        self.status = int(status[:3])
        self.headers = list(headers)
        return self.chunks.append


def call(app, environment, v1):
    """Runs the app to its end and gives the HTTP answer."""
    response = _Response()
    parts = app(environment, response.start)
    try:
        for part in parts:
            response.chunks.append(part)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    if response.status is None:
        raise AssertionError("the app never called start_response")
    return _answer(response, b"".join(response.chunks), v1)


def _answer(response, body, v1):
    headers, cookies = {}, []
    for name, value in response.headers:
        name = name.lower()
        if name == "set-cookie":
            cookies.append(value)
        else:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    answer = {"statusCode": response.status, "headers": headers}
    if cookies and v1:
        answer["multiValueHeaders"] = {"set-cookie": cookies}
    elif cookies:
        answer["cookies"] = cookies
    kind = headers.get("content-type", "").lower()
    answer["isBase64Encoded"] = False
    try:
        if body and ("content-encoding" in headers or not (kind.startswith(TEXT) or "+json" in kind)):
            raise ValueError("not text")
        answer["body"] = body.decode()
    except ValueError:  # and UnicodeDecodeError: text in another encoding travels as bytes too
        answer["isBase64Encoded"] = True
        answer["body"] = base64.b64encode(body).decode()
    return answer
