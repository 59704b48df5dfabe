"""Secrets by reference, with the real botocore against a server that speaks their two protocols."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".aws-lab" / "runtime"
PYTHON = RUNTIME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
VALUE = "v-8ad1-top-secret"
RESOLVE = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from mlfn_serve.problems import InitError
from mlfn_serve.secrets import resolve
try:
    resolve(os.environ)
except InitError as error:
    print(json.dumps({"error": str(error), "cause": repr(error.__cause__)}))
else:
    print(json.dumps({name: os.environ[name] for name in json.loads(os.environ["MLFN_SECRETS"])}))
"""


class Kept(BaseHTTPRequestHandler):
    secrets = {
        "text": {"SecretString": VALUE},
        "json": {"SecretString": json.dumps({"password": VALUE, "port": 5432, "on": True, "none": None})},
        "list": {"SecretString": json.dumps([VALUE])},
        "broken": {"SecretString": "{" + VALUE},
        "binary": {"SecretBinary": "AAEC"},
        "nul": {"SecretString": "a\0b"},
        "umlaut": {"SecretString": "grün"},
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:far-AbCdEf": {"SecretString": VALUE},
    }
    asked = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        region = self.headers["authorization"].split("/")[2]
        Kept.asked.append((self.headers["x-amz-target"], region, body))
        if "Names" in body:
            names = [name for name in body["Names"] if "none" not in name]
            found = [{"Name": name.rpartition("parameter")[2], "ARN": name, "Value": VALUE} for name in names]
            return self.answer(200, {"Parameters": found, "InvalidParameters": sorted(set(body["Names"]) - set(names))})
        if body["SecretId"] == "denied":
            message = "User: arn:aws:sts::1:assumed-role/r is not authorized to perform: secretsmanager:GetSecretValue"
            return self.answer(400, {"__type": "AccessDeniedException", "Message": message})
        found = self.secrets.get(body["SecretId"])
        if found is None:
            return self.answer(400, {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find it."})
        return self.answer(200, {"Name": body["SecretId"], **found})

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kept)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def resolved(endpoint, references):
    """What the variables are, or `error`; what the process wrote besides must be nothing."""
    Kept.asked.clear()
    env = {
        **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
        "MLFN_SECRETS": json.dumps(references),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PYTHONUTF8": "1",
    }
    command = [str(PYTHON), "-c", RESOLVE, str(ROOT / "templates" / "python")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_each_kind(endpoint):
    references = {
        "WHOLE": "secretsmanager:text",
        "FIELD": "secretsmanager:json:password",
        "NUMBER": "secretsmanager:json:port",
        "SWITCH": "secretsmanager:json:on",
        "UMLAUT": "secretsmanager:umlaut",
        "FAR": "arn:aws:secretsmanager:us-east-1:123456789012:secret:far-AbCdEf",
        "PARAM": "ssm:/a/b",
        "PLAIN": "ssm:b",
        "PARAM_ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/c",
    }
    assert resolved(endpoint, references) == {
        "WHOLE": VALUE,
        "FIELD": VALUE,
        "NUMBER": "5432",
        "SWITCH": "true",
        "UMLAUT": "grün",
        "FAR": VALUE,
        "PARAM": VALUE,
        "PLAIN": VALUE,
        "PARAM_ARN": VALUE,
    }
    regions = {region for _target, region, body in Kept.asked if "far" in str(body) or "parameter/c" in str(body)}
    assert regions == {"us-east-1"}
    assert all(body["WithDecryption"] for target, _region, body in Kept.asked if target == "AmazonSSM.GetParameters")


def test_twelve_parameters_are_two_calls(endpoint):
    references = {f"P{index}": f"ssm:/p/{index}" for index in range(12)}
    assert set(resolved(endpoint, references).values()) == {VALUE}
    assert sorted(len(body["Names"]) for _target, _region, body in Kept.asked) == [2, 10]


def test_one_secret_for_two_variables_is_asked_for_once(endpoint):
    assert resolved(endpoint, {"A1": "secretsmanager:text", "A2": "secretsmanager:text"}) == {"A1": VALUE, "A2": VALUE}
    assert len(Kept.asked) == 1


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("secretsmanager:gone", "The secret secretsmanager:gone could not be read: ResourceNotFoundException"),
        ("secretsmanager:denied", "is not authorized to perform: secretsmanager:GetSecretValue"),
        ("secretsmanager:json:user", "The secret json has no field user."),
        ("secretsmanager:list:user", "The secret list is no JSON object, so it has no field user."),
        ("secretsmanager:broken:user", "The secret broken is no JSON object, so it has no field user."),
        ("secretsmanager:binary", "The secret secretsmanager:binary is binary"),
        ("secretsmanager:nul", "The secret secretsmanager:nul holds a NUL character"),
        ("ssm:/none", "There is no parameter ssm:/none."),
    ],
)
def test_errors_say_which_and_why_and_no_value(endpoint, reference, why):
    answer = resolved(endpoint, {"NAME": reference})
    assert why in answer["error"]
    assert VALUE not in str(answer)


def test_nobody_there(endpoint):
    answer = resolved("http://127.0.0.1:9", {"NAME": "secretsmanager:text"})
    assert "The secret secretsmanager:text could not be read: EndpointConnectionError" in answer["error"]
