"""Webhooks and shared reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify.permissions import PermittedStream
from tap_clockify.rows import sharing as rows

if TYPE_CHECKING:
    from taps_common.http.request import Service


class Webhooks(PermittedStream):
    """Webhooks, without their tokens."""

    name = "webhooks"
    row = rows.Webhook
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/webhooks"
    envelopes = (("webhooks",),)
    paged = False
    admins_only = True

    def expects(self, path: str) -> bool:
        """Return that the token is left out for good, whatever it is called: it is a secret."""
        name = path.rpartition(".")[2].lower()
        return "token" in name or "secret" in name


class SharedReports(PermittedStream):
    """Shared reports, from the host of reports."""

    name = "shared_reports"
    row = rows.SharedReport
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/shared-reports"
    from_route = ("workspaceId",)
    params = (("sharedReportsFilter", "ALL"),)
    page_size = 1000
    size_name = "pageSize"
    envelopes = (("reports",),)
    feature = "SHARED_REPORTS"
    own_only = True

    @property
    def service(self) -> Service:
        """The host of reports."""
        return self.account.reports


STREAMS = (Webhooks, SharedReports)
