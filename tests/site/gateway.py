"""A loopback HTTP server, asked `GET /<the whole original URL>`; it writes each answer, broken or not, to the byte."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.site.pages import Page

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing the socket sends RST instead of FIN."""


class Gateway(ThreadingHTTPServer):
    """Serves ``answer(original_url, if_none_match)`` until :meth:`stop`; ``errors`` are the site's own, not its clients'."""

    request_queue_size = 64

    def __init__(self, answer: Callable[[str, str | None], Page], port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.stopping = threading.Event()
        self.errors: list[BaseException] = []
        self._clients: dict[threading.Thread, socket.socket] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="sina-site", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends kept-alive connections and slow answers too, and waits for every thread."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        for thread, connection in list(self._clients.items()):
            with suppress(OSError):  # the client hung up first
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Threads that do not keep a process alive which forgot to stop the site, and that can be waited for."""
        parts = (request, client_address)
        thread = threading.Thread(target=self.process_request_thread, args=parts, name="sina-site-client", daemon=True)
        self._clients[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        self._clients.pop(threading.current_thread())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keeps what broke inside the site; a client that hangs up is everyday business."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Gateway

    def do_GET(self) -> None:
        page = self.server.answer(_original(self.path), self.headers["If-None-Match"])
        if page.delay:
            self.server.stopping.wait(page.delay)
        if page.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()
            self.close_connection = True
            return
        head = [f"HTTP/1.1 {page.status} {self.responses.get(page.status, ('Status',))[0]}"]
        head += [f"{name}: {value}" for name, value in page.headers.items()]
        head += [f"Content-Length: {len(page.body)}", "", ""]
        self.wfile.write("\r\n".join(head).encode("latin-1") + page.body[: page.sent])
        self.close_connection = self.close_connection or page.sent is not None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class named it
        """Says nothing: a test's output is its own."""


def _original(path: str) -> str:
    """The original URL out of a request's path, percent-encoded as a whole or not."""
    url = path.removeprefix("/")
    return url if "://" in url else unquote(url)
