"""A front door for the page's tests: HTTP in, Function URL events to the real handler, and its answers out.

python bridge.py PORT_FILE PREFIX; the package is LAMBDA_TASK_ROOT. Ends when its standard input does.
"""

import base64
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mlfn_serve.entry import handler

PORT_FILE, PREFIX = sys.argv[1:3]
LOCK = threading.Lock()  # a worker answers one call at a time


class Door(BaseHTTPRequestHandler):
    """Takes the prefix away, as the local target does, and answers 404 for anything outside it."""

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path, _, query = self.path.partition("?")
        if path != PREFIX and not path.startswith(PREFIX + "/"):
            return self.send_error(404)
        path = path[len(PREFIX) :] or "/"
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {**{name.lower(): value for name, value in self.headers.items()}, "x-forwarded-prefix": PREFIX},
            "requestContext": {"http": {"method": self.command, "path": path, "sourceIp": "127.0.0.1"}},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        with LOCK:
            answer = handler(event, None)
        content = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        return self.wfile.write(content)

    do_GET = do_POST = answer

    def log_message(self, *_):
        """Quiet."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(PORT_FILE + ".part", "w", encoding="utf-8") as file:
    file.write(str(server.server_address[1]))
os.replace(PORT_FILE + ".part", PORT_FILE)
sys.stdin.read()
server.shutdown()
