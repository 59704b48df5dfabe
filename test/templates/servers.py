"""A package behind the two servers of Google Cloud, each a process of its own on a port of its own."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from conftest import SERVE

KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "HOME")
KINDS = ["run", "function"]


def lay(root):
    """Puts the serving code into a package, as bundle/ does."""
    shutil.copytree(SERVE, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """`run`: python main.py. `function`: the real functions-framework. Ends with the with statement."""

    def __init__(self, kind, root, **more):
        self.port = free_port()
        named = {"PORT": str(self.port), "HOST": "127.0.0.1", "K_SERVICE": "demo", "MLFN_RELEASE": "3"}
        env = {**{name: os.environ[name] for name in KEPT if name in os.environ}, **named, **more}
        if kind == "run":
            command = [sys.executable, "main.py"]
        else:
            command = [sys.executable, "-m", "functions_framework", "--target", "handler"]
        handle, self.log = tempfile.mkstemp()
        self.process = subprocess.Popen(command, cwd=root, env=env, stdout=handle, stderr=handle)
        os.close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.remove(self.log)

    def output(self):
        """What it wrote so far, both streams."""
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def connect(self, seconds=60):
        """A connection, once the port is open."""
        ends = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, self.output()
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
            except OSError:
                assert time.monotonic() < ends, self.output()
                time.sleep(0.02)

    def ask(self, method, path, body=None, headers=()):
        """(status, [(name, value)], body); headers are given in turn, twice if they are."""
        self.connect().close()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = [name.lower() for name, _ in headers]
            connection.putrequest(method, path, skip_host="host" in named, skip_accept_encoding=True)
            if body is not None and "content-length" not in named:
                connection.putheader("content-length", str(len(body)))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read()
        finally:
            connection.close()

    def post(self, body, path="/", headers=(("content-type", "application/json"),)):
        return self.ask("POST", path, body, headers)
