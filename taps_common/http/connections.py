"""Connections to an origin: proxies, certificates, and what credentials are bound to."""

from __future__ import annotations

import os
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address: what credentials are bound to.

    An address with a user in it, or with a port that is none, has an origin of its own.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", url, None
    host = parts.netloc if "@" in parts.netloc else parts.hostname
    return parts.scheme, host, port or _PORTS.get(parts.scheme)


def host_of(url: str) -> str:
    """Return what a message calls an address: its host, without a user that it may name."""
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no valid address"


def is_unsafe(url: str, *, after: str) -> bool:
    """Tell whether a redirect leads from an encrypted connection to one that anyone can read."""
    return after.startswith("https:") and not url.startswith("https:")


_PORTS = {"http": 80, "https": 443}


def connections(base_url: str) -> urllib3.PoolManager:
    """Return a pool of kept-alive connections, through the proxy that the environment names.

    Proxies and certificates are looked up once: per request, that is a fifth of its cost.
    """
    authorities = next(
        (path for name in _CA_VARIABLES if (path := os.environ.get(name))), certifi.where()
    )
    kind = "ca_cert_dir" if os.path.isdir(authorities) else "ca_certs"  # noqa: PTH112 - a text
    options: dict[str, Any] = {kind: authorities, "cert_reqs": "CERT_REQUIRED", "maxsize": 16}
    parts = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        manager = urllib3.PoolManager(**options)
    else:
        named = urlsplit(proxy)
        credentials = f"{named.username}:{named.password or ''}" if named.username else None
        headers = urllib3.make_headers(proxy_basic_auth=credentials)
        manager = urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Connection(HTTPConnection):
    """A connection on which a request may be on its way before its answer is asked for.

    The system receives the answer meanwhile. A thread that waited for it would need Python's lock
    to take it, which one that decodes a page holds for up to 5 ms.
    """

    _begun: tuple[object, ...] | None = None

    def begin(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> bool:
        """Send what will be asked for next; return whether it was possible."""
        if not self.is_connected or self.proxy_is_forwarding:
            return False
        target = parse_url(address).request_uri
        try:
            self.request(method, target, body, headers, preload_content=False)
        except (OSError, HTTPException, urllib3.exceptions.HTTPError):
            self.close()
            return False
        self._begun = method, target, body
        return True

    def request(  # type: ignore[override]  # urllib3's is not http.client's either
        self,
        method: str,
        url: str,
        body: Any = None,  # noqa: ANN401 - all that urllib3 takes
        headers: Mapping[str, str] | None = None,
        **options: Any,  # noqa: ANN401 - all that urllib3 takes
    ) -> None:
        """Send a request, unless it is on its way."""
        begun, self._begun = self._begun, None
        if begun == (method, url, body):
            return
        if begun:  # another answer would come
            self.close()
        super().request(method, url, body, headers, **options)

    @property
    def is_connected(self) -> bool:
        """Whether it is open, and nothing unexpected came."""
        return self._begun is not None or super().is_connected

    def close(self) -> None:
        """Close it; what is on its way is lost."""
        self._begun = None
        super().close()


class _SecureConnection(Connection, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
