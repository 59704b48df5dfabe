"""A Runtime API as small as it can be: gives events to one worker and takes its answers.

docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RuntimeApi:
    """`call(event)` gives the worker's answer; `told` is a queue of (path, JSON) that the worker posted."""

    def __init__(self):
        self.events = queue.Queue()
        self.told = queue.Queue()
        api = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                event = api.events.get()
                if event is None:
                    return self.close_connection
                body = json.dumps(event).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
                self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
                self.send_header("Content-Type", "application/json")  # without it the client's C++ part crashes
                self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000")
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:0:function:demo")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                return self.wfile.write(body)

            def do_POST(self):
                if self.headers.get("transfer-encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                else:
                    body = self.rfile.read(int(self.headers.get("content-length", 0)))
                api.told.put((self.path.rpartition("/2018-06-01/runtime/")[2], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """A worker that was ended cuts its connection."""

        self.server = Server(("127.0.0.1", 0), Door)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def call(self, event):
        """(path below /runtime/, answer) for one event."""
        self.events.put(event)
        return self.told.get(timeout=120)

    def close(self):
        """Lets a waiting worker's connection go."""
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()
