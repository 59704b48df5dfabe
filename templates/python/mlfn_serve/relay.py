"""Hands each call on to the version of another function that MLFN_RELAY names (its ARN), and gives back what that answers.

For releases of a form that their function cannot have: Lambda lets no function change between zip and image. It stands alone, on
the standard library: of a function of zips it is the whole package, of one of images another command of an image that is there.
"""

import hashlib
import hmac
import http.client
import json
import os
import re
import time
import urllib.parse

# Seconds. A permission that was given a moment ago is not known everywhere at once.
DENIED_FOR, DENIED_PAUSE = 15, 0.5
CONNECT = 5
# Left of the call's own time for the answer.
SPARE = 0.5
_kept = []


def handler(event, context):
    """The other function's answer. Raises what it failed with; what Lambda refuses is answered as its door would."""
    payload = _payload(event)
    until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - SPARE
    denied_until = min(until, time.monotonic() + DENIED_FOR)
    while True:
        status, headers, body = _invoke(payload, until)
        if status != 403 or _kind(headers) != "AccessDeniedException" or time.monotonic() > denied_until:
            break
        time.sleep(DENIED_PAUSE)
    if status != 200:
        return _refused(event, status, headers, body)
    answer = json.loads(body) if body else None
    if "x-amz-function-error" in headers:
        raise _failure(answer)
    return answer


def _payload(event):
    """As short as it came: Lambda takes 6 MB of it, which escapes would make more."""
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(event, separators=(",", ":")).encode()


def _invoke(payload, until):
    """(status, headers, body) of lambda:Invoke. A connection that was kept may have been closed while the worker slept."""
    _, _, _, region, _, _, name, version = os.environ["MLFN_RELAY"].split(":")
    base = urllib.parse.urlsplit(_endpoint(region))
    path = f"{base.path.rstrip('/')}/2015-03-31/functions/{name}/invocations"
    headers = signed("POST", base.netloc, path, f"Qualifier={version}", payload, region)
    if "_X_AMZN_TRACE_ID" in os.environ:
        headers["x-amzn-trace-id"] = os.environ["_X_AMZN_TRACE_ID"]
    while True:
        kept = bool(_kept)
        connection = _kept.pop() if kept else _connect(base)
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(max(until - time.monotonic(), 0.1))
            connection.request("POST", f"{path}?Qualifier={version}", payload, headers)
            response = connection.getresponse()
            body = response.read()
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            if isinstance(error, TimeoutError) and time.monotonic() >= until:
                raise
            if not kept:
                return 503, {"x-amzn-errortype": type(error).__name__}, str(error).encode()
            continue
        _kept.append(connection)
        return response.status, {key.lower(): value for key, value in response.getheaders()}, body


def _endpoint(region):
    """docs.aws.amazon.com/general/latest/gr/lambda-service.html"""
    own = os.environ.get("AWS_ENDPOINT_URL_LAMBDA") or os.environ.get("AWS_ENDPOINT_URL")
    return own or f"https://lambda.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _connect(base):
    kind = http.client.HTTPConnection if base.scheme == "http" else http.client.HTTPSConnection
    return kind(base.hostname, base.port, timeout=CONNECT)


def signed(method, host, path, query, payload, region, now=None):
    """Headers with a signature of version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

    Nothing in `path` and `query` may need an escape.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    headers = {"content-type": "application/json", "host": host, "x-amz-date": stamp}
    if os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join([method, path, query, lines, names, hashlib.sha256(payload).hexdigest()])
    scope = f"{stamp[:8]}/{region}/lambda/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def _kind(headers):
    return headers.get("x-amzn-errortype", "").split(":")[0]


def _refused(event, status, headers, body):
    """429 and 413 are the caller's to know; what is wrong between the two functions is for the log."""
    said = body.decode("utf-8", "replace")[:500]
    print(f"[ERROR] lambda:Invoke of {os.environ['MLFN_RELAY']}: {status} {_kind(headers)} {said}", flush=True)
    shown = status if status in (413, 429) else 503 if status >= 500 or status == 409 else 502
    title = {413: "Too large", 429: "Too many calls at once"}.get(shown, "The function cannot be reached")
    problem = {"type": "urn:mlfn:relay", "title": title, "status": shown, "detail": f"Lambda answered {status} {_kind(headers)}."}
    if not isinstance(event, dict) or "requestContext" not in event:
        return problem
    return {"statusCode": shown, "headers": {"content-type": "application/problem+json"}, "body": json.dumps(problem)}


def _failure(told):
    """An exception of the name and the words of what the other function failed with, and its place in the user's code."""
    told = told if isinstance(told, dict) else {}
    message = told.get("errorMessage") or "The function failed."
    frames = re.findall(r'File "([^"]+)", line (\d+)', "".join(told.get("stackTrace") or []))
    own = [frame for frame in frames if not re.search(r"mlfn_serve|/dependencies/|/lib/python|/opt/|awslambdaric|^<", frame[0])]
    if own and not re.search(r"\(\S+\.py, line \d+\)", message):
        message += f" ({own[-1][0].rpartition('/')[2]}, line {own[-1][1]})"
    return type(told.get("errorType") or "Error", (Exception,), {})(message)
