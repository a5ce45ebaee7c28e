"""Serves the repositories of a folder by `git http-backend`, and does nothing else: what our smart HTTP is compared with.

    server.py ROOT

It prints its address. Each request has a thread and a `git http-backend` of its own; bodies are handed on in pieces, as
every server would that does not hold them in memory.
"""

import http.server
import os
import shutil
import subprocess
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.serve()

    do_POST = do_GET

    def serve(self):
        path, _, query = self.path.partition("?")
        if path == "/readyz":
            self.send_response(200)
            self.end_headers()
            return
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_NOSYSTEM": "1",
            # The repositories belong to whoever runs the bench; a clone with a filter is allowed on both sides.
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_PROJECT_ROOT": sys.argv[1],
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("content-type", ""),
            "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
        }
        length = self.headers.get("content-length")
        if length is not None:
            environment["CONTENT_LENGTH"] = length
        backend = subprocess.Popen(
            ["git", "http-backend"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        backend.stdin.write(self.rfile.read(int(length or 0)))
        backend.stdin.close()
        status, headers = 200, []
        while line := backend.stdout.readline().strip():
            name, _, value = line.decode().partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        shutil.copyfileobj(backend.stdout, self.wfile, 64 * 1024)
        backend.wait()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
