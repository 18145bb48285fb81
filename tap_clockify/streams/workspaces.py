"""Workspaces."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from tap_clockify.client import ClockifyStream, ItemStream
from tap_clockify.rows import workspaces as rows
from taps_common.errors import Kind, TapError
from taps_common.http.request import Request
from taps_common.sync.steps import Ask, Fetch, Limit, Plan, Write
from taps_common.sync.stream import ChildStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taps_common.http.request import Response
    from taps_common.records.row_types import Row
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Scope


class Workspaces(ClockifyStream):
    """Workspaces that the key can see."""

    name = "workspaces"
    row = rows.Workspace
    primary_keys = ("id",)
    path = "/workspaces"
    paged = False
    keeps_ids = True
    whole_pages = True
    needs = frozenset({"id", "name", "featureSubscriptionType", "features"})

    def scopes(self) -> Sequence[Scope]:
        """Return all workspaces as one list: they do not belong to a workspace."""
        return [{}]

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return one list; one workspace each for an add-on token, which may not list them."""
        yield from ()
        if not self.config.get("addon_token"):
            return Plan([dict(scope)])
        wanted = dict.fromkeys(self.config["workspace_ids"])
        self.account.recognise(wanted)
        return Plan([{"workspaceId": ident} for ident in wanted])

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the request for the list, or for one workspace."""
        if not partition:
            ids: list[str] = []

            def wanted(rows_read: Sequence[rows.Workspace]) -> Sequence[rows.Workspace]:
                kept = self._wanted(rows_read)
                ids.extend(row.id for row in kept)
                return kept

            yield Fetch(self.request(partition, bounds, 1), wanted)
            if lost := self.account.lost_workspaces(ids):
                yield Limit(lost)
            return
        request = Request("/workspaces/{workspaceId}", partition)
        response: Response = yield Ask(request)
        yield Write(b"[%b]" % response.body, request)

    def summary(self, row: rows.Workspace) -> rows.Workspace:
        """Return what other streams need of a workspace."""
        return rows.Workspace(
            id=row.id,
            name=row.name,
            features=row.features,
            featureSubscriptionType=row.featureSubscriptionType,
        )

    def _wanted(self, rows_read: Sequence[rows.Workspace]) -> Sequence[rows.Workspace]:
        """Return the workspaces that `workspace_ids` names, or all.

        Raises:
            TapError: it names one that the key cannot see, or there is none at all: the tables of
                a key that lost its access must not look empty.
        """
        if not rows_read:
            raise TapError(
                "This key sees no workspace: check whose key it is, and the region.", kind=Kind.AUTH
            )
        self.account.recognise(row.id for row in rows_read)
        wanted = self.config.get("workspace_ids") or [row.id for row in rows_read]
        visible = {row.id: row for row in rows_read}
        if unknown := {*wanted} - {*visible}:
            raise TapError(
                f"workspace_ids names {', '.join(sorted(unknown))}, which this key cannot see. "
                f"It sees {', '.join(visible)}; --check shows their names."
            )
        return [row for ident, row in visible.items() if ident in wanted]


class WorkspaceMemberships(ItemStream):
    """Who belongs to a workspace."""

    name = "workspace_memberships"
    row = rows.WorkspaceMembership
    primary_keys = ("workspaceId", "userId")
    parent = Workspaces
    items = "memberships"
    needs = frozenset({"memberships"})
    owner = MappingProxyType({"workspaceId": "id"})


class WorkspaceCurrencies(ItemStream):
    """Currencies of a workspace."""

    name = "workspace_currencies"
    row = rows.WorkspaceCurrency
    primary_keys = ("workspaceId", "id")
    parent = Workspaces
    items = "currencies"
    needs = frozenset({"currencies"})
    owner = MappingProxyType({"workspaceId": "id"})


class WorkspaceFeatures(ChildStream):
    """Features that a workspace's plan includes."""

    name = "workspace_features"
    row = rows.WorkspaceFeature
    primary_keys = ("workspaceId", "feature")
    parent = Workspaces
    items = "features"
    needs = frozenset({"features"})

    def child_rows(self, rows_read: Sequence[rows.Workspace]) -> list[Row]:
        """Return one row per feature, however often it is listed."""
        return [
            self.row(workspaceId=workspace.id, feature=feature)
            for workspace in rows_read
            for feature in dict.fromkeys(workspace.features or ())
        ]


STREAMS = (Workspaces, WorkspaceMemberships, WorkspaceCurrencies, WorkspaceFeatures)
