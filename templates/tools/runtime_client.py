"""A small client of the Lambda Runtime API, for machines where awslambdaric has no wheel.

``python -m runtime_client MODULE.FUNCTION`` with AWS_LAMBDA_RUNTIME_API in the environment. It keeps to
docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and to what awslambdaric's users rely on: the context object,
the form of errors, and that what is printed goes out at once.
"""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

_BASE = "/2018-06-01/runtime"


class Context:
    """docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self, headers):
        self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.identity = None
        self.client_context = None
        self._deadline = int(headers.get("Lambda-Runtime-Deadline-Ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Runtime:
    """One connection, kept open: between two calls it waits for the next."""

    def __init__(self, address):
        self._connection = http.client.HTTPConnection(address)

    def _send(self, method, path, body=None, headers=None):
        self._connection.request(method, _BASE + path, body, headers or {})
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def next(self):
        status, headers, body = self._send("GET", "/invocation/next")
        if status != 200:
            raise RuntimeError("the runtime API answered %d" % status)
        return headers, body

    def respond(self, request_id, payload):
        self._send("POST", "/invocation/%s/response" % request_id, payload, {"Content-Type": "application/json"})

    def fail(self, path, error):
        headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error["errorType"]}
        self._send("POST", path, json.dumps(error).encode(), headers)


def describe(error, request_id=""):
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": frames,
    }


def log_error(error):
    lines = ["[ERROR] %(errorType)s: %(errorMessage)s" % error, "Traceback (most recent call last):"]
    lines += [line for frame in error["stackTrace"] for line in frame.splitlines()]
    print("\r".join(lines), flush=True)


def load(handler):
    module, _, name = handler.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), name)


def answer(runtime, handler):
    headers, body = runtime.next()
    context = Context(headers)
    trace = headers.get("Lambda-Runtime-Trace-Id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    try:
        payload = json.dumps(handler(json.loads(body), context), ensure_ascii=False).encode("utf-8")
    except Exception as error:  # The function's own: told, and the next call is asked for.
        fault = describe(error, context.aws_request_id)
        log_error(fault)
        runtime.fail("/invocation/%s/error" % context.aws_request_id, fault)
    else:
        runtime.respond(context.aws_request_id, payload)


def main(handler_name):
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s]\t%(asctime)s\t%(message)s", level=logging.WARNING)
    runtime = Runtime(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(handler_name)
    except Exception as error:
        fault = describe(error)
        log_error(fault)
        runtime.fail("/init/error", fault)
        sys.exit(1)
    while True:
        answer(runtime, handler)


if __name__ == "__main__":
    main(sys.argv[1])
