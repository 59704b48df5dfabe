"""Calls that are handed on to another function, by a real socket: what is signed, what comes back, what goes wrong."""

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".aws-lab" / "runtime"
PYTHON = RUNTIME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
sys.path.insert(0, str(ROOT / "templates" / "python"))

from mlfn_serve import relay  # noqa: E402

HTTP = {"requestContext": {"http": {"method": "POST"}}, "body": '{"é": 1}'}
ANSWER = {"statusCode": 200, "headers": {"x-mlfn-release": "3"}, "body": '{"word": "größer"}'}


class Lambda(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: What comes next: (status, headers, body), or "close" without an answer.
    script = []
    got = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        Lambda.got.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
        step = Lambda.script.pop(0) if Lambda.script else (200, {}, ANSWER)
        if step == "close":
            self.close_connection = True
            self.connection.close()
            return
        status, headers, answer = step
        text = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Context:
    def __init__(self, seconds=20):
        self.until = time.monotonic() + seconds

    def get_remaining_time_in_millis(self):
        return (self.until - time.monotonic()) * 1000


@pytest.fixture
def cloud(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Lambda)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/key+x")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token/==")
    monkeypatch.setenv("MLFN_RELAY", "arn:aws:lambda:eu-west-1:123456789012:function:heart_image:7")
    monkeypatch.setattr(relay, "DENIED_PAUSE", 0.01)
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    Lambda.script, Lambda.got = [], []
    relay._kept.clear()
    yield Lambda
    server.shutdown()
    server.server_close()


def denied(kind="AccessDeniedException"):
    return (403, {"x-amzn-errortype": kind}, {"Message": "no"})


def failed(**told):
    return (200, {"x-amz-function-error": "Unhandled"}, told)


def test_the_event_goes_to_the_version_and_its_answer_comes_back_unchanged(cloud, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2-3")
    assert relay.handler(HTTP, Context()) == ANSWER
    [(path, headers, body)] = cloud.got
    assert path == "/2015-03-31/functions/heart_image/invocations?Qualifier=7"
    assert headers["x-amzn-trace-id"] == "Root=1-2-3"
    assert json.loads(body) == HTTP
    # No escapes: the event may be as large as Lambda takes.
    assert "é".encode() in body


@pytest.mark.parametrize("event", [[1, 2.5, None], "text", None, {"half": "\ud800"}, {"mlfn": "warm"}])
def test_any_event_goes_on(cloud, event):
    cloud.script = [(200, {}, event)]
    assert relay.handler(event, Context()) == event
    assert json.loads(cloud.got[0][2]) == event


def test_the_signature_is_the_one_of_the_sdk(cloud):
    relay.handler(HTTP, Context())
    [(path, headers, body)] = cloud.got
    script = """
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
job = json.load(sys.stdin)
import botocore.auth, datetime
now = datetime.datetime.strptime(job["date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda **_: now.replace(tzinfo=None)
headers = {"content-type": "application/json", "host": job["host"]}
request = AWSRequest("POST", job["url"], headers=headers, data=job["body"].encode())
SigV4Auth(Credentials("AKIDEXAMPLE", "secret/key+x", "token/=="), "lambda", "eu-west-1").add_auth(request)
print(request.headers["Authorization"])
"""
    job = {
        "date": headers["x-amz-date"],
        "url": f"http://{headers['host']}{path}",
        "host": headers["host"],
        "body": body.decode(),
    }
    ran = subprocess.run([PYTHON, "-c", script], input=json.dumps(job), capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == headers["authorization"]


def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_made_anew(cloud):
    for _ in range(3):
        assert relay.handler(HTTP, Context()) == ANSWER
    cloud.script = ["close"]
    assert relay.handler(HTTP, Context()) == ANSWER
    assert len(cloud.got) == 5


def test_what_the_other_function_failed_with_is_raised_by_its_name_and_its_place(cloud):
    trace = [
        '  File "/var/task/mlfn_serve/entry.py", line 9, in handler\n',
        '  File "/var/task/code/app.py", line 3, in answer\n',
    ]
    cloud.script = [failed(errorType="ValueError", errorMessage="no x", stackTrace=trace)]
    with pytest.raises(Exception, match=r"^no x \(app.py, line 3\)$") as raised:
        relay.handler(HTTP, Context())
    assert type(raised.value).__name__ == "ValueError"
    cloud.script = [
        failed(errorType="Sandbox.Timedout", errorMessage="x Task timed out after 3.00 seconds"),
        failed(),
        (200, failed()[1], []),
    ]
    with pytest.raises(Exception, match="^x Task timed out after 3.00 seconds$") as raised:
        relay.handler(HTTP, Context())
    assert type(raised.value).__name__ == "Sandbox.Timedout"
    for _ in range(2):
        with pytest.raises(Exception, match="^The function failed.$"):
            relay.handler(HTTP, Context())


def test_a_permission_that_is_not_known_yet_is_waited_for(cloud):
    cloud.script = [denied(), denied("AccessDeniedException:http://x")]
    assert relay.handler(HTTP, Context()) == ANSWER
    assert len(cloud.got) == 3


@pytest.mark.parametrize(
    ("said", "status", "answered"),
    [
        (
            (429, {"x-amzn-errortype": "TooManyRequestsException"}, {"Reason": "x"}),
            429,
            "Lambda answered 429 TooManyRequestsException.",
        ),
        ((413, {}, {}), 413, "Lambda answered 413 ."),
        ((500, {"x-amzn-errortype": "ServiceException"}, {}), 503, "Lambda answered 500 ServiceException."),
        ((409, {"x-amzn-errortype": "SnapStartNotReadyException"}, {}), 503, "Lambda answered 409 SnapStartNotReadyException."),
        ((404, {"x-amzn-errortype": "ResourceNotFoundException"}, {}), 502, "Lambda answered 404 ResourceNotFoundException."),
        (denied("InvalidSignatureException"), 502, "Lambda answered 403 InvalidSignatureException."),
    ],
)
def test_what_lambda_refuses_is_answered_as_its_door_would(cloud, capsys, said, status, answered):
    cloud.script = [said, said]
    answer = relay.handler(HTTP, Context())
    assert (answer["statusCode"], json.loads(answer["body"])["detail"]) == (status, answered)
    assert relay.handler({"a": 1}, Context())["status"] == status
    assert (
        f"[ERROR] lambda:Invoke of arn:aws:lambda:eu-west-1:123456789012:function:heart_image:7: {said[0]}"
        in capsys.readouterr().out
    )


def test_who_stays_denied_is_told_so_in_time(cloud):
    cloud.script = [denied()] * 1000
    begun = time.monotonic()
    assert relay.handler(HTTP, Context(seconds=1.5))["statusCode"] == 502
    assert time.monotonic() - begun < 1.5
    assert len(cloud.got) > 1


def test_no_network_is_a_503(cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert relay.handler(HTTP, Context())["statusCode"] == 503


def test_the_address_is_that_of_the_region(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_LAMBDA", raising=False)
    assert relay._endpoint("eu-west-1") == "https://lambda.eu-west-1.amazonaws.com"
    assert relay._endpoint("cn-north-1") == "https://lambda.cn-north-1.amazonaws.com.cn"
