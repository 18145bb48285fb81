"""Connections to an origin: proxies, certificates, and what credentials are bound to."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3


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
    """Return whether a redirect leads from an encrypted connection to one that anyone can read."""
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
        return urllib3.PoolManager(**options)
    named = urlsplit(proxy)
    credentials = f"{named.username}:{named.password or ''}" if named.username else None
    headers = urllib3.make_headers(proxy_basic_auth=credentials)
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
