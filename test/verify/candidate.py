"""A release in a process of its own: events as JSON lines in, the handler's answers as JSON lines out."""

import json
import os
import sys

root, *dependencies = sys.argv[1:]
sys.path[:0] = [root, os.path.join(root, "code"), *dependencies]
os.environ["LAMBDA_TASK_ROOT"] = root
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from mlfn_serve.entry import handler  # noqa: E402

for line in sys.stdin:
    answers.write(json.dumps(handler(json.loads(line), None)) + "\n")
    answers.flush()
