"""A loopback proxy that writes down every call that passes and lets a shim add to the answers."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Call:
    """One request and its answer, as they were on the wire."""

    def __init__(self, headers, body):
        self.target = headers.get("X-Amz-Target", "")
        self.content_type = headers.get("Content-Type", "")
        self.body = body
        self.status, self.headers, self.answer = 0, {}, b""

    @property
    def service(self):
        return "ecs" if self.target.startswith("AmazonEC2ContainerService") else "elbv2"

    @property
    def operation(self):
        if self.target:
            return self.target.split(".")[-1]
        return parse_qs(self.body.decode()).get("Action", ["?"])[0]

    def record(self):
        return {
            "service": self.service,
            "operation": self.operation,
            "content_type": self.content_type,
            "request": self.body.decode(),
            "status": self.status,
            "headers": self.headers,
            "response": self.answer.decode(),
        }


class Shim:
    """Passes everything through. A subclass may answer by itself or look at what passes."""

    def before(self, call):
        """An answer of our own, as (status, headers, body), or None."""

    def after(self, call):
        """May change `call.answer`."""

    def look(self):
        """What a test wants to know, as JSON."""


def forward(upstream, method, path, headers, body):
    connection = http.client.HTTPConnection(upstream, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in HOP_BY_HOP}
        return answer.status, kept, answer.read()
    finally:
        connection.close()


def serve(upstream, shim):
    """Starts a proxy to `upstream` (host:port) on a free port; the server, its calls in `server.calls`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without this the second packet of an answer waits for the first one's acknowledgement.
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *_):
            pass

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/_judge/"):
                return self.reply(200, {"Content-Type": "application/json"}, self.judge(self.path))
            call = Call(self.headers, body)
            own = shim.before(call)
            if own is None:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                own = forward(upstream, self.command, self.path, headers, body)
            call.status, call.headers, call.answer = own
            shim.after(call)
            with server.lock:
                server.calls.append(call)
            self.reply(call.status, call.headers, call.answer)

        def judge(self, path):
            if path == "/_judge/look":
                return json.dumps(shim.look()).encode()
            with server.lock:
                if path == "/_judge/calls":
                    return json.dumps([call.record() for call in server.calls]).encode()
                if path == "/_judge/forget":
                    server.calls.clear()
            return b"null"

        def reply(self, status, headers, body):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        do_GET = do_POST = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.calls, server.lock = [], threading.Lock()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
