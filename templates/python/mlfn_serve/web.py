"""The endpoint behind a WSGI server: a request becomes the very event that a Function URL would send, an answer the response.

Source of the shapes: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import os
import re
import time

from . import machine
from .cloud_log import Trace
from .events import HTTP_LIMIT, limit_answers, respond
from .jsontext import dumps
from .start import start

# cloud.google.com/run/quotas: a request over HTTP/1 has at most 32 MiB.
MAX_REQUEST = 32 * 1024 * 1024
# Of one connection, not of the message (RFC 9110, 7.6.1); Function URLs do not pass them on.
HOP_BY_HOP = frozenset(
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"]
)
# The platform gives these as text and everything else as base64 (measured: github.com/ministackorg/ministack/pull/766).
TEXT = re.compile(r"text/.+|application/(?:json|xml|javascript)")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
NOT_IN_VALUE = re.compile("[^\t\x20-\x7e\x80-\xff]")
PROBLEM = "application/problem+json"


class TooLarge(Exception):
    """The body is larger than the platform takes."""


class Context:
    """What a function of (event, context) may ask of Lambda's context, as far as it has a meaning here."""

    multithread = True
    identity = client_context = None

    def __init__(self, request_id, release):
        self.aws_request_id = request_id
        self.function_name = os.environ.get("K_SERVICE", "")
        self.function_version = str(release or "")
        self.invoked_function_arn = self.log_group_name = self.log_stream_name = ""
        self._ends = time.monotonic() + int(os.environ.get("CLOUD_RUN_TIMEOUT_SECONDS") or 300)

    @property
    def memory_limit_in_mb(self):
        """Of the container, in MB; 0 where it has none."""
        return machine.memory() >> 20

    def get_remaining_time_in_millis(self):
        """Until the platform gives the request up."""
        return max(0, round((self._ends - time.monotonic()) * 1000))


def open_endpoint(root):
    """The endpoint of the package, for a server of HTTP. Raises InitError."""
    limit_answers(HTTP_LIMIT)
    return start(root)


def answer(endpoint, environ):
    """(status, [(name, value)], body) for a WSGI request. Raises nothing that a client or the user's code can cause."""
    trace = Trace(environ.get("HTTP_X_CLOUD_TRACE_CONTEXT", ""), environ.get("HTTP_TRACEPARENT", ""))
    with trace:
        try:
            event = event_of(environ, trace.id)
        except TooLarge:
            told = _problem(413, "request-too-large", "The request is too large", "A request may have 32 MB.")
            return response_of(respond(413, PROBLEM, told))
        context = Context(trace.id, endpoint.identity["release"])
        return response_of(endpoint.handle(event, context))


def application(endpoint):
    """The WSGI application of an endpoint."""

    def app(environ, start_response):
        status, headers, body = answer(endpoint, environ)
        start_response(f"{status} {_reason(status)}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return app


def event_of(environ, request_id):
    """The Function URL event (2.0) of a request. Raises TooLarge."""
    path, query = _target(environ)
    headers, cookies = _headers(environ)
    body = _body(environ)
    text = _text(headers.get("content-type", ""), body)
    domain = re.sub(r":\d+$", "", headers.get("host", "localhost"))
    now = time.time()
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": os.environ.get("K_SERVICE", ""),
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "protocol": environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": _source(environ),
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": bool(body) and text is None,
    }
    if cookies:
        event["cookies"] = cookies
    parameters = _parameters(query)
    if parameters:
        event["queryStringParameters"] = parameters
    if body:
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def _target(environ):
    """Path and query as they were sent: PATH_INFO is decoded, and what was a %2F is lost."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw is None:
        from urllib.parse import quote

        path = quote(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""), safe="/:@!$&'()*+,;=~-._", encoding="latin-1")
        return path or "/", environ.get("QUERY_STRING", "")
    raw = re.sub(r"^https?://[^/?#]*", "", raw, flags=re.IGNORECASE)
    path, _, query = raw.partition("#")[0].partition("?")
    return path or "/", query


def _headers(environ):
    headers, cookies = {}, []
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key[5:].lower().replace("_", "-")
        elif key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = key.lower().replace("_", "-")
        else:
            continue
        if name == "cookie":
            cookies = [each for each in re.split(r";\s*", value) if each]
        elif name not in HOP_BY_HOP and (value or name.startswith("x-")):
            headers[name] = value
    # A prefix is what a proxy of ours took away; on the way from the internet there is none.
    headers.pop("x-forwarded-prefix", None)
    scheme = headers.setdefault("x-forwarded-proto", environ.get("wsgi.url_scheme", "http"))
    headers.setdefault("x-forwarded-for", environ.get("REMOTE_ADDR", "127.0.0.1"))
    port = "443" if scheme == "https" else environ.get("SERVER_PORT", "80")
    headers.setdefault("x-forwarded-port", port)
    return headers, cookies


def _source(environ):
    """Who asks: the platform writes the address behind whatever the client wrote there itself."""
    given = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return given or environ.get("REMOTE_ADDR") or "127.0.0.1"


def _body(environ):
    source, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        if int(length) > MAX_REQUEST:
            raise TooLarge
        return source.read(int(length))
    if not environ.get("wsgi.input_terminated"):
        return b""
    body = source.read(MAX_REQUEST + 1)
    if len(body) > MAX_REQUEST:
        raise TooLarge
    return body


def _text(content_type, body):
    if not TEXT.fullmatch(content_type.partition(";")[0].strip().lower()):
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _parameters(query):
    if not query:
        return {}
    from urllib.parse import parse_qsl

    found = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def response_of(made):
    """(status, headers, body) of a handler's answer; one that a Function URL would not pass on is a 502 that says why."""
    if not isinstance(made, dict) or "statusCode" not in made:
        return 200, _sized([("content-type", "application/json")], dumps(made).encode())
    try:
        status = _status(made["statusCode"])
        headers = _response_headers(made)
        body = _response_body(made)
    except ValueError as error:
        told = f"The function's answer cannot be sent: {error}."
        document = _problem(502, "malformed-answer", "The function gave an answer that is no HTTP response", told)
        return response_of(respond(502, PROBLEM, document))
    if status in (204, 304):
        return status, headers, b""
    return status, _sized(headers, body), body


def _sized(headers, body):
    return [*headers, ("content-length", str(len(body)))]


def _status(given):
    status = int(given) if isinstance(given, str) and re.fullmatch(r"\d{3}", given) else given
    if type(status) is int and 200 <= status <= 599:
        return status
    raise ValueError(f"statusCode is {dumps(given)}, not a whole number from 200 to 599")


def _response_headers(made):
    given, cookies = made.get("headers") or {}, made.get("cookies") or []
    if not isinstance(given, dict):
        raise ValueError("headers is not an object")
    if not isinstance(cookies, list):
        raise ValueError("cookies is not a list")
    headers = [(name.lower(), _checked(name, value)) for name, value in given.items()]
    headers = [(name, value) for name, value in headers if name not in HOP_BY_HOP and name != "content-length"]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return [*headers, *(("set-cookie", _checked("set-cookie", cookie)) for cookie in cookies)]


def _checked(name, value):
    if not isinstance(value, (str, int, float)):
        raise ValueError(f"header {name} is not a string")
    text = str(value)
    # A server of WSGI writes Latin-1, and would raise for anything else once it is too late to say so.
    if not TOKEN.fullmatch(str(name)) or NOT_IN_VALUE.search(text):
        raise ValueError(f"header {dumps(name)} has characters that HTTP does not allow")
    return text


def _response_body(made):
    body = made.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise ValueError("body is not a string")
    return base64.b64decode(body) if made.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")


def _problem(status, kind, title, detail):
    return dumps({"type": f"urn:mlfn:{kind}", "title": title, "status": status, "detail": detail})


def _reason(status):
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
