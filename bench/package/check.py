"""Whether a package answers, by itself: check.py WORK HANDLER BODY ... ZIP ... with `python -I -S`, which sees nothing else.

Unpacks the zips into WORK, posts each body (a .json file) to the handler, and prints a list of what it answers.
"""

import importlib
import json
import os
import sys
import zipfile

work, handler, *files = sys.argv[1:]
bodies = [file for file in files if file.endswith(".json")]
for index, file in enumerate(file for file in files if file.endswith(".zip")):
    folder = os.path.join(work, str(index))
    with zipfile.ZipFile(file) as package:
        package.extractall(folder)
    sys.path.insert(index, folder)
os.environ["LAMBDA_TASK_ROOT"] = sys.path[0]
os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "bench"

module, name = handler.rsplit(".", 1)
handle = getattr(importlib.import_module(module), name)
http = {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"}
answers = []
for file in bodies:
    with open(file) as body:
        event = {"version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": {"content-type": "application/json"}}
        answer = handle({**event, "requestContext": {"http": http}, "body": body.read(), "isBase64Encoded": False}, None)
    answers.append(json.loads(answer["body"]))
print(json.dumps(answers))
