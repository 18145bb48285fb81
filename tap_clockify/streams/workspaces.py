"""Workspaces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from tap_clockify import rows
from tap_clockify.client import ClockifyStream
from taps_common.errors import TapError
from taps_common.http.session import Request
from taps_common.sync.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.sync.engine import Reading
    from taps_common.records.row_types import Row


class Workspaces(ClockifyStream):
    """Workspaces that the key can see.

    Attributes:
        known: the workspaces that are read, by id.
    """

    name = "workspaces"
    row = rows.Workspace
    primary_keys = ("id",)
    path = "/workspaces"
    paged = False
    together = True
    needs = frozenset({"id", "name", "featureSubscriptionType", "features"})

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.known: dict[str, rows.Workspace] = {}

    def scopes(self) -> Sequence[Scope]:
        """Return all workspaces as one list: they are no part of a workspace."""
        return [{}]

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return one list; one workspace each for an add-on token, which may not list them."""
        if not self.tap.config.get("addon_token"):
            return [dict(scope)]
        wanted = dict.fromkeys(self.tap.config["workspace_ids"])
        return [{"workspaceId": ident} for ident in wanted]

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Request the list, or one workspace as a list of one."""
        if not partition:
            yield from super().walk(partition, window, reading)
            return
        request = Request("/workspaces/{workspaceId}", partition)
        response = yield request
        reading.take(request, replace(response, body=b"[%b]" % response.body), partition)

    def choose(self, rows_read: Sequence[rows.Workspace]) -> Sequence[rows.Workspace]:
        """Return the workspaces that `workspace_ids` names, or all.

        Raises:
            TapError: it names one that the key cannot see, or there is none at all: the tables of
                a key that lost its access must not look empty.
        """
        if not rows_read:
            raise TapError("This key sees no workspace: check whose key it is, and the region.")
        wanted = self.tap.config.get("workspace_ids") or [row.id for row in rows_read]
        visible = {row.id: row for row in rows_read}
        if not self.tap.config.get("addon_token") and (unknown := {*wanted} - {*visible}):
            raise TapError(
                f"workspace_ids names {', '.join(sorted(unknown))}, which this key cannot see. "
                f"It sees {', '.join(visible)}; --check shows their names."
            )
        return [row for ident, row in visible.items() if ident in wanted]

    def remember(self, rows_read: Sequence[rows.Workspace], partition: Scope) -> None:
        """Keep the workspaces: all other streams walk over them."""
        for row in rows_read:
            self.known[row.id] = rows.Workspace(
                id=row.id,
                name=row.name,
                features=row.features,
                featureSubscriptionType=row.featureSubscriptionType,
            )


class WorkspaceMemberships(Unwound):
    """Who belongs to a workspace."""

    name = "workspace_memberships"
    row = rows.WorkspaceMembership
    primary_keys = ("workspaceId", "userId")
    unwinds = Workspaces
    needs = frozenset({"memberships"})

    def rows_from(self, rows_read: Sequence[rows.Workspace]) -> list[Row]:
        """Return one row per membership."""
        return [
            rows.WorkspaceMembership(workspaceId=workspace.id, **asdict(membership))
            for workspace in rows_read
            for membership in workspace.memberships or ()
        ]


class WorkspaceCurrencies(Unwound):
    """Currencies of a workspace."""

    name = "workspace_currencies"
    row = rows.WorkspaceCurrency
    primary_keys = ("workspaceId", "id")
    unwinds = Workspaces
    needs = frozenset({"currencies"})

    def rows_from(self, rows_read: Sequence[rows.Workspace]) -> list[Row]:
        """Return one row per currency."""
        return [
            rows.WorkspaceCurrency(workspaceId=workspace.id, **asdict(currency))
            for workspace in rows_read
            for currency in workspace.currencies or ()
        ]
