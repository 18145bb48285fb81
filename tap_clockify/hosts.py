"""Where Clockify is, with which credentials it is asked, and what its errors mean."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

REGIONS = {
    "global": "Global",
    "euc1": "Germany",
    "use2": "USA",
    "euw2": "UK",
    "apse2": "Australia",
}
"""Data regions and where they are (docs.clockify.me, "Base URLs")."""

GLOBAL = "https://api.clockify.me/api/v1"
"""The base URL of the global region."""

NOT_IN_WORKSPACE = 501
"""Clockify's own code for validation errors and for ids that do not exist (with status 400)."""


def api_url(config: Mapping[str, Any]) -> str:
    """Return the base URL of the regular API for the settings, without a slash at its end."""
    if given := _given(config, "api_url"):
        return given
    region = config["region"]
    return GLOBAL if region == "global" else f"https://{region}.clockify.me/api/v1"


def reports_url(config: Mapping[str, Any]) -> str:
    """Return the base URL of reports for the settings, without a slash at its end.

    The global host has one of its own, all others have both ("Base URLs", and the help pages for
    subdomains). Where `api_url` is set, credentials stay with its origin.
    """
    base = api_url(config)
    usual = "https://reports.api.clockify.me/v1" if base == GLOBAL else _beside(base, "report")
    return _given(config, "reports_url") or usual


def audit_log_url(config: Mapping[str, Any]) -> str | None:
    """Return the base URL of the audit log, without a slash at its end; None where none is known.

    Only the global region's host is documented (published description, "servers"). Where `api_url`
    is set to a host that is not Clockify's own, credentials stay with its origin.
    """
    if given := _given(config, "audit_log_url"):
        return given
    base = api_url(config)
    if base == GLOBAL:
        return "https://auditlog-api.api.clockify.me/v1"
    host = urlsplit(base).hostname or ""
    if host == "clockify.me" or host.endswith(".clockify.me"):
        return None
    return _beside(base, "audit")


def _given(config: Mapping[str, Any], name: str) -> str:
    return str(config.get(name) or "").rstrip("/")


def _beside(base: str, name: str) -> str:
    """Return the base URL that stands beside the API's on the same host."""
    return f"{base.removesuffix('/v1').removesuffix('/api')}/{name}/v1"


def credentials(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the one header that Clockify accepts; two of them are an error to it."""
    if config.get("addon_token"):
        return {"X-Addon-Token": config["addon_token"]}
    return {"X-Api-Key": config["api_key"]}


_NOT_ALLOWED = (
    "The key's role or the workspace's plan does not allow it: use the key of an owner or admin, "
    "or deselect the table."
)

ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: (
        "Clockify does not accept the credentials: check api_key (or addon_token), and region "
        "or api_url, since a key is valid in its own region or subdomain only."
    ),
    HTTPStatus.PAYMENT_REQUIRED: _NOT_ALLOWED,
    HTTPStatus.FORBIDDEN: _NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS: (
        "The workspace's request quota is used up (30 an hour on new free plans): run again in an "
        "hour, or set on_quota to 'wait'."
    ),
}
"""What a person should do about an error, by its status."""

OTHERWISE = "If it stays, ask Clockify's support and name the time and the request id."


def advice(
    status: int, code: int | None, *, address: str = "api_url, which ends in /api/v1"
) -> str:
    """Return what a person should do about an error of a host whose address is that setting's."""
    if status == HTTPStatus.BAD_REQUEST and code == NOT_IN_WORKSPACE:
        return "Clockify refuses a value, or does not know the id: it may have been deleted."
    if status == HTTPStatus.NOT_FOUND:
        return f"There is no such route: check {address}."
    return ADVICE.get(status, OTHERWISE)
