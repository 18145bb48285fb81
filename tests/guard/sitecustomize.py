"""Makes "offline" a fact: connections to other machines fail in every Python process of a test.

Put on PYTHONPATH, it is imported by each interpreter that starts, those of Meltano and of the
loaders included.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", ""}


def connect(self: socket.socket, address: Any) -> None:
    """Connect to this machine only."""
    if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_local(str(address[0])):
        msg = f"tests are offline: connection to {address[0]} refused"
        raise ConnectionRefusedError(msg)
    _connect(self, address)


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    """Look this machine's names up only."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and not _is_local(name):
        msg = f"tests are offline: look-up of {name} refused"
        raise socket.gaierror(msg)
    return _getaddrinfo(host, *args, **kwargs)


socket.socket.connect = connect  # type: ignore[method-assign, assignment]  # for all
socket.getaddrinfo = getaddrinfo
