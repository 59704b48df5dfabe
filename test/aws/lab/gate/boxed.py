"""The handler of a function of an image: starts the whole image under AWS's runtime emulator, and hands every event to it."""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

BOX = json.loads(Path(__file__).with_name("box.json").read_text())
#: Of the emulator that this runs in, and not of the function.
NOT_HANDED_ON = {
    "PATH",
    "HOME",
    "PWD",
    "TMPDIR",
    "TEMP",
    "TMP",
    "_HANDLER",
    "LAMBDA_TASK_ROOT",
    "AWS_LAMBDA_RUNTIME_API",
    "BOX_COMMAND",
}
READY_S = 60


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def start():
    door, api = free_port(), free_port()
    kept = [name for name in os.environ if name not in NOT_HANDED_ON and not name.startswith(("PYTHON", "LD_"))]
    own = {name: os.environ[name] for name in kept}
    variables = {**own, **dict(each.split("=", 1) for each in BOX["env"])}
    box = [BOX["bwrap"], "--ro-bind", BOX["root"], "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    box += ["--die-with-parent", "--unshare-user", "--uid", "993", "--gid", "990", "--clearenv", "--chdir", BOX["folder"]]
    box += [word for name, value in variables.items() for word in ("--setenv", name, value)]
    emulator = ["/rie", "--runtime-interface-emulator-address", f"127.0.0.1:{door}", "--runtime-api-address", f"127.0.0.1:{api}"]
    descriptor, log = tempfile.mkstemp()
    command = os.environ.get("BOX_COMMAND")
    started = BOX["start"] if command is None else [*BOX["start"][:-1], command]
    child = subprocess.Popen([*box, *emulator, *started], stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", door)) == 0:
                return door
        if child.poll() is not None:
            raise RuntimeError(f"the image ended with {child.returncode}: {Path(log).read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
    raise RuntimeError("the image did not get ready")


DOOR = start()


def handler(event, _context):
    url = f"http://127.0.0.1:{DOOR}/2015-03-31/functions/function/invocations"
    request = urllib.request.Request(url, json.dumps(event).encode())
    with urllib.request.urlopen(request) as answer:
        said = json.loads(answer.read())
    if isinstance(said, dict) and "errorType" in said:
        raise RuntimeError(f"{said['errorType']}: {said.get('errorMessage')}")
    return said
