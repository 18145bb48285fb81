"""A proxy that plays a region's host: what is asked of it over TLS is answered by the sandbox."""

from __future__ import annotations

import socketserver
import ssl
import threading
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Region(socketserver.ThreadingTCPServer):
    """Takes CONNECT for any host, with certificates of an authority of its own.

    Attributes:
        certificate: path of what clients have to trust.
        asked: host and path of each request.
    """

    daemon_threads = True

    def __init__(self, sandbox: str, prefix: str, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.sandbox = urlsplit(sandbox).netloc
        self.prefix = prefix
        self.certificate = certificate
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(certificate))
        self.asked: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Connection(BaseHTTPRequestHandler):
    server: Region
    protocol_version = "HTTP/1.1"
    host = ""

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.host = self.path.rpartition(":")[0]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.server.authority.issue_cert(self.host).configure_cert(context)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)  # unbuffered
        self.close_connection = False  # as HTTP/1.0, in which clients connect, would have it

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        self.server.asked.append((self.host, urlsplit(self.path).path))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        with closing(HTTPConnection(self.server.sandbox)) as service:
            service.request(self.command, f"{self.server.prefix}{self.path}", body, headers)
            answer = service.getresponse()
            content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        with suppress(OSError):  # a client that has what it wants goes away
            self.end_headers()
            self.wfile.write(content)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextmanager
def serving(sandbox: str, prefix: str, folder: Path) -> Iterator[Region]:
    """Serve a sandbox's paths below `prefix`; the authority's certificate is left in `folder`."""
    with Region(sandbox, prefix, folder / "authority.pem") as region:
        thread = threading.Thread(target=region.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield region
        region.shutdown()
        thread.join()
