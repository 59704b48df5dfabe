"""Runs a command: watch.py REPORT COMMAND [ARGUMENT ...]. REPORT gets its seconds, and the peak memory (bytes) of the largest
of the processes that it started, itself among them."""

import json
import resource
import subprocess
import sys
import time

report, *command = sys.argv[1:]
begun = time.perf_counter()
code = subprocess.run(command).returncode
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
with open(report, "w") as file:
    json.dump({"seconds": seconds, "peak": peak}, file)
sys.exit(code)
