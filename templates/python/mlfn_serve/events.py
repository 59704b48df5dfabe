"""Events in, HTTP answers out: API Gateway and Function URL events (2.0), API Gateway REST events (1.0).

Sources: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and
docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""

from .problems import Problem

# A body may be sent compressed; what comes out of it is bounded (Cloud Run takes 32 MB, Lambda 6 MB).
MAX_INFLATED = 32 * 1024 * 1024


class Limit:
    """Bytes of one answer: of its body, or of the whole event as JSON."""

    def __init__(self, size, of_event):
        self.size = size
        self.of_event = of_event


# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a synchronous answer
LAMBDA_LIMIT = Limit(6_291_556, True)
# cloud.google.com/run/quotas: an HTTP/1 response that is not streamed
HTTP_LIMIT = Limit(32 * 1024 * 1024, False)
_limit = LAMBDA_LIMIT


def limit_answers(limit):
    """What the platform takes from now on; at first it is Lambda."""
    global _limit
    _limit = limit


def answer_limit():
    """Bytes of an answer that the platform takes at most."""
    return _limit.size


NEVER_JSON = ("multipart/", "image/", "audio/", "video/", "font/")


class Request:
    """One HTTP request. Header names are lower case; `prefix` is the path that a proxy in front took away."""

    __slots__ = ("method", "path", "query", "headers", "cookies", "raw", "prefix", "address", "protocol", "v1")

    def is_json(self):
        return "json" in self.headers.get("content-type", "")


def parse(event):
    """The Request of an HTTP event, or None when the event is itself the payload."""
    if not is_http(event):
        return None
    context = event["requestContext"]
    return _version2(event, context) if _is_version2(event, context) else _version1(event, context)


def is_http(event):
    """Whether an event is an HTTP request; any other is itself the payload."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return False
    return _is_version2(event, context) or (isinstance(event.get("httpMethod"), str) and isinstance(event.get("path"), str))


def _is_version2(event, context):
    return isinstance(context.get("http"), dict) and event.get("version") == "2.0"


def _version2(event, context):
    request = Request()
    http = context["http"]
    request.v1 = False
    request.method = str(http.get("method", "GET")).upper()
    request.path = event.get("rawPath") or http.get("path") or "/"
    request.query = event.get("rawQueryString") or ""
    request.headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    request.cookies = event.get("cookies") or []
    request.address = http.get("sourceIp") or "127.0.0.1"
    request.protocol = http.get("protocol") or "HTTP/1.1"
    request.raw = _raw(event)
    request.prefix = _prefix(request.headers.get("x-forwarded-prefix", ""))
    stage = context.get("stage")
    # An HTTP API with a named stage leaves its name in rawPath; a Function URL says $default.
    if stage and stage != "$default" and (request.path + "/").startswith(f"/{stage}/"):
        request.path = request.path[len(stage) + 1 :] or "/"
        request.prefix += "/" + stage
    return request


def _version1(event, context):
    from urllib.parse import urlencode

    request = Request()
    request.v1 = True
    request.method = event["httpMethod"].upper()
    request.path = event["path"] or "/"
    values = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters") or {}
    request.query = urlencode(values, doseq=True)
    lists = event.get("multiValueHeaders") or {}
    request.headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    request.headers.update({name.lower(): ", ".join(map(str, value)) for name, value in lists.items()})
    request.cookies = []
    request.address = (context.get("identity") or {}).get("sourceIp") or "127.0.0.1"
    request.protocol = context.get("protocol") or "HTTP/1.1"
    request.raw = _raw(event)
    request.prefix = _prefix(request.headers.get("x-forwarded-prefix", ""))
    whole = context.get("path") or ""
    if whole.endswith(request.path) and len(whole) > len(request.path):
        request.prefix += whole[: -len(request.path)]
    return request


def _prefix(text):
    text = text.strip().rstrip("/")
    return text if text.startswith("/") and not text.startswith("//") and "\n" not in text else ""


def _raw(event):
    body = event.get("body")
    if body is None:
        return b""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    import base64
    import binascii

    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(400, "invalid-json", "The event's body is marked base64 and is not.") from None


def body_text(request):
    """The request's body as text. Raises Problem 400, 413 or 415."""
    kind = request.headers.get("content-type", "").strip().lower()
    if kind.startswith(NEVER_JSON):
        raise Problem(415, "unsupported-media-type", f"Send JSON (content-type: application/json), not {kind}.")
    raw = request.raw
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        raw = _inflate(raw)
    elif encoding not in ("", "identity"):
        raise Problem(415, "unsupported-media-type", f"content-encoding {encoding} is unknown here; send gzip or none.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, "invalid-json", f"The body is not UTF-8: byte {error.start} cannot be read.") from None


def _inflate(raw):
    import zlib

    stream = zlib.decompressobj(31)
    try:
        text = stream.decompress(raw, MAX_INFLATED)
    except zlib.error:
        raise Problem(400, "invalid-json", "content-encoding says gzip, but the body is not gzip.") from None
    if stream.unconsumed_tail:
        raise Problem(413, "too-large", f"The body is more than {MAX_INFLATED >> 20} MB when unpacked.")
    if not stream.eof:
        raise Problem(400, "invalid-json", "The gzip body ends early.")
    return text


def respond(status, content_type, body, headers=None):
    """The answer to an HTTP event; `body` is text."""
    made = {"content-type": content_type, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    if headers:
        made.update(headers)
    return {"statusCode": status, "headers": made, "body": body, "isBase64Encoded": False}


def too_large(answer):
    """The MB that the platform takes, where the answer has more; else 0."""
    size = len(answer["body"])
    if size * 6 < _limit.size:  # an escaped character takes six bytes at most
        return 0
    if not _limit.of_event:
        size = size * 3 // 4 if answer.get("isBase64Encoded") else len(answer["body"].encode("utf-8", "surrogatepass"))
    else:
        import json

        size = len(json.dumps(answer))
    return _limit.size >> 20 if size > _limit.size else 0
