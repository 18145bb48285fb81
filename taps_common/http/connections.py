"""Connections to an origin: proxies, certificates, and what credentials are bound to."""

from __future__ import annotations

import os
from base64 import b64encode
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3

from taps_common.errors import TapError, cleaned
from taps_common.http.deadline import POOLS

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


def host_of(url: str, otherwise: str = "no host") -> str:
    """Return what a message calls an address: its host, without a user that it may name."""
    try:
        return cleaned(urlsplit(url).hostname or "") or otherwise
    except ValueError:
        return "no valid address"


def address_of(url: str) -> str:
    """Return what a message calls an address where its port matters: scheme, host and port."""
    scheme, host, port = origin_of(url)
    user = " with a user's name" if host and "@" in host else ""
    return f"{cleaned(scheme)}://{host_of(url)}{f':{port}' if port else ''}{user}"


def place_of(url: str, *, path: bool = True) -> str:
    """Return what is the same however people spell an address, its path included or not.

    Doubled slashes and escapes (`//odata`, `/%6fdata`) are spellings of the same path.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{_PORTS.get(parts.scheme)}")
    names = [name for name in unquote(parts.path).split("/") if name] if path else []
    return "/".join([host, *names]).casefold()


def is_readable_by_others(url: str) -> bool:
    """Return whether what is sent there crosses a network as it is."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "http" and not here


def is_unsafe(url: str, *, after: str) -> bool:
    """Return whether a redirect leads from an encrypted connection to one that anyone can read."""
    return after.startswith("https:") and not url.startswith("https:")


def asks_for_tls(url: str, *, after: str) -> bool:
    """Return whether a redirect leads from http:// to https:// of the same host."""
    return after.startswith("http:") and url.startswith("https:") and host_of(url) == host_of(after)


_PORTS = {"http": 80, "https": 443}


def connections(base_url: str) -> urllib3.PoolManager:
    """Return a pool of kept-alive connections, through the proxy that the environment names.

    Proxies and certificates are looked up once: per request, that is a fifth of its cost.

    Raises:
        TapError: the proxy's address is none.
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
        return _bounded(urllib3.PoolManager(**options))
    try:
        return _bounded(_through(proxy if "://" in proxy else f"http://{proxy}", options))
    except (ValueError, urllib3.exceptions.HTTPError) as error:
        raise TapError(
            f"The proxy that the environment names for {parts.scheme}:// is not the address of an "
            "HTTP proxy: correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY (http://user:password@host:"
            "port, with %40 for @ and %2F for / in a password)."
        ) from error


def _through(proxy: str, options: Mapping[str, Any]) -> urllib3.PoolManager:
    named = urlsplit(proxy)
    if not named.hostname:
        raise ValueError("no host")
    headers = {}
    if named.username:
        pair = f"{unquote(named.username)}:{unquote(named.password or '')}"
        headers = {"proxy-authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _bounded(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    manager.pool_classes_by_scheme = POOLS
    return manager


_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
