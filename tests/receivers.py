"""Receivers of notices on loopback, for tests: a web server and a mail server that keep what they were given."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhook:
    """Keeps the JSON of each request; answers with `status`, after `delay` seconds if it is ever to answer."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.silent = threading.Event()
        self.got: list[dict] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                owner.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                if owner.silent.is_set():
                    # a header now and then, so that no time-out of a single read ends it
                    self.send_response_only(200)
                    self.flush_headers()
                    while owner.silent.is_set():
                        self.wfile.write(b"X-Wait: 1\r\n")
                        owner.woken.wait(0.5)
                    return
                self.send_response(owner.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.woken = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def close(self) -> None:
        self.silent.clear()
        self.woken.set()
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    """A mail server that takes every login and every mail."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.logins: list[str] = []
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 mailbox")
                while line := self.rfile.readline():
                    word = line.split()[0].upper().decode() if line.split() else ""
                    if word == "EHLO":
                        self.say("250-mailbox")
                        self.say("250-AUTH PLAIN")
                        self.say("250 SMTPUTF8")
                    elif word == "AUTH":
                        owner.logins.append(base64.b64decode(line.split()[-1]).decode())
                        self.say("235 in")
                    elif word == "DATA":
                        self.say("354 go on")
                        lines = []
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            lines.append(part)
                        owner.got.append(message_from_bytes(b"".join(lines), policy=policy.default))
                        self.say("250 kept")
                    elif word == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 yes")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
