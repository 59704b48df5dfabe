"""Stands in for the serving code: does what the request's body says. Packed as mlfn_serve/entry.py by the tests."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VERSION = (Path(__file__).parent.parent / "version.txt").read_text()
INIT = os.environ.get("LAB_INIT", "")

if INIT == "raise":
    raise ValueError("no such model")
if INIT == "exit":
    os._exit(7)
if INIT == "print":
    print("a model that talks while it is loaded")
if INIT.startswith("sleep"):
    time.sleep(float(INIT.split(":")[1]))

kept = []


def perform(command, event, context):
    do = command.get("do", "version")
    if do == "version":
        return {"version": VERSION, "pid": os.getpid()}
    if do == "event":
        return event
    if do == "return":
        return command["value"]
    if do == "sleep":
        time.sleep(command["seconds"])
        return {"version": VERSION, "slept": command["seconds"]}
    if do == "allocate":
        kept.append(bytearray(command["megabytes"] << 20))
        time.sleep(command.get("seconds", 0))
        return {"allocated": command["megabytes"]}
    if do == "raise":
        raise ValueError("this row is not to my taste")
    if do == "exit":
        os._exit(3)
    if do == "abort":
        os.abort()
    if do == "print":
        print(command["text"])
        print("to stderr", file=sys.stderr)
        return {"printed": True}
    if do == "spam":
        for _ in range(command["lines"]):
            print("x" * 1000)
        return {"printed": command["lines"]}
    if do == "write":
        try:
            with open(command["path"].replace("$TMP", tempfile.gettempdir()), "w") as file:
                file.write("written")
            return {"written": command["path"]}
        except OSError as error:
            return {"errno": error.errno, "text": str(error)}
    if do == "script":
        names = {"context": context}
        exec(command["code"], names)
        return names["result"]
    if do == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return {"pid": os.getpid(), "child": child.pid}
    if do == "large":
        return {"statusCode": 200, "body": "x" * command["bytes"]}
    raise KeyError(do)


def handler(event, context):
    if "rawPath" not in event:
        return {"got": event}
    body = event.get("body") or "{}"
    if event["isBase64Encoded"]:
        body = base64.b64decode(body).decode()
    try:
        command = json.loads(body)
    except ValueError:
        command = {"do": "event"}
    return perform(command if isinstance(command, dict) else {"do": "event"}, event, context)
