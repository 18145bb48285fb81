"""`python -m benchmarks.http_clients`: what a request costs with urllib3 and with requests.

Both ask a local server, in a process of its own, for the same small page over one kept-alive
connection, in turn; what counts is the processor time of the asking process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

import requests
import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, REQUESTS = 9, 500

_SERVER = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def log_message(self, *args): pass
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def main() -> None:
    """Measure and print."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
        try:
            ratios = []
            pool = urllib3.PoolManager()
            fast = _seconds(lambda: pool.request("GET", url).data)
            pool.clear()
            for _ in range(ROUNDS):
                with urllib3.PoolManager() as pool:
                    fast = _seconds(lambda: pool.request("GET", url).data)
                with requests.Session() as session:
                    slow = _seconds(lambda: session.get(url).content)
                ratios.append(slow / fast)
                print(f"urllib3 {fast:.0f} µs, requests {slow:.0f} µs a request")
        finally:
            server.kill()
    print(f"requests costs {median(ratios):.1f} times as much (median of {ROUNDS} pairs)")


def _seconds(ask: Callable[[], bytes]) -> float:
    """Return the microseconds of processor time that a request takes."""
    begin = time.process_time()
    for _ in range(REQUESTS):
        ask()
    return (time.process_time() - begin) / REQUESTS * 1e6


if __name__ == "__main__":
    main()
