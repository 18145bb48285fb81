"""The account as it is now: its lists, its clock and its switches."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
from msgspec import structs

from sandbox.clockify import audit_log, people
from sandbox.clockify.account import Builder
from sandbox.clockify.blocks import Block, Timesheet
from sandbox.clockify.instants import iso, seconds
from sandbox.clockify.ledger import Ledger
from sandbox.clockify.rows import Membership, TimeEntry
from sandbox.clockify.settings import UserSettings
from sandbox.clockify.switches import SWITCHES, Switches
from sandbox.clockify.workspaces import ACCOUNTS, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.clockify.ledger import Change, Event
    from sandbox.clockify.workspaces import WorkspaceData
DAY = 86_400
_HINTS = get_type_hints(Switches)


class State(Switches):
    """The account as it is now; every method is safe to call while the server answers."""

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
        now: datetime | None = None,
        account: str | None = None,
        **numbers: int | str | None,
    ) -> None:
        """Make the account up.

        Args:
            size: how much there is, by name.
            seed: makes another account of the same size.
            now: the world's clock; the present unless it is given.
            account: an account of a shape instead of a size, by name.
            numbers: what `Size` is to hold instead; None changes nothing.
        """
        given: dict[str, Any] = {name: one for name, one in numbers.items() if one is not None}
        chosen = replace(ACCOUNTS[account] if account else SIZES[size], **given)
        self.lock = threading.RLock()
        self.now = (now or datetime.now(timezone.utc)).replace(microsecond=0)
        """The world's clock; it stands still until it is moved."""
        self.started = self.now
        self._window: tuple[int, int] | None = None
        self._builder = Builder(seed, seconds(self.now))
        self._blocks: dict[tuple[str, ...], Block] = {}
        self.reports: dict[bytes, tuple[Block, object]] = {}
        """Reports that were asked for since the last change, serialised, with their totals."""
        built = self._builder.account(chosen)
        self.workspaces = {data.row.id: data for data in built}
        self.main_id, *others = self.workspaces
        self.second_id = others[0] if others else ""
        accounts = list(built[0].users)
        self.owner_id = accounts[people.OWNER]
        self.admin_id = _place(accounts, people.ADMIN)
        self.member_id = _place(accounts, people.MEMBER)
        self._link_memberships()
        self.feeds: dict[tuple[object, ...], list[tuple[int, str, str, Change]]] = {}
        """Windows of the entity-change feeds that were asked for lately."""
        self.ledger = Ledger(self)
        """What was created, updated and deleted."""

    @property
    def main(self) -> WorkspaceData:
        """The Enterprise workspace."""
        return self.workspaces[self.main_id]

    @property
    def account_zone(self) -> str:
        """The time zone of the owner's profile, in which the owner's time windows are read."""
        return self.zone_of(self.owner_id)

    @account_zone.setter
    def account_zone(self, zone: str) -> None:
        with self.lock:
            for data in self.workspaces.values():
                settings = data.users[self.owner_id].settings or UserSettings()
                data.users[self.owner_id].settings = structs.replace(settings, timeZone=zone)
            self._changed()

    def zone_of(self, user_id: str) -> str:
        """Return the time zone of a user's profile."""
        settings = next((data.users[user_id].settings for data in self._homes(user_id)), None)
        return settings.timeZone if settings else "UTC"

    def block(self, key: tuple[str, ...], rows: Callable[[], Sequence[msgspec.Struct]]) -> Block:
        """Serialise a list once; the key names list, workspace and whatever shapes the rows."""
        with self.lock:
            block = self._blocks.get(key)
            if block is None:
                block = self._blocks[key] = Block.of(rows())
            return block

    def entries(self, workspace_id: str, user_id: str) -> list[TimeEntry]:
        """Return a member's time entries, newest start first."""
        sheet = self.timesheet(workspace_id, user_id)
        body = b"".join(sheet.page(0, len(sheet)))
        return msgspec.json.decode(body, type=list[TimeEntry])

    def timesheet(self, workspace_id: str, user_id: str) -> Timesheet:
        """Return a member's serialised time entries."""
        return self.workspaces[workspace_id].timesheets.get(user_id) or Timesheet(())

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.now += timedelta(seconds=seconds)

    def switch(self, **switches: bool | int | str) -> None:
        """Set switches (omit_last_page, account_zone, ...) by name."""
        self.reports.clear()
        for name, value in switches.items():
            if name not in SWITCHES:
                raise ValueError(f"No such switch: {name}; there are {', '.join(SWITCHES)}.")
            hint = _HINTS.get(name, str)
            setattr(self, name, msgspec.convert(value, hint))

    def _homes(self, user_id: str) -> list[WorkspaceData]:
        return [data for data in self.workspaces.values() if user_id in data.users]

    @property
    def window(self) -> tuple[int, int]:
        """What totals and reports are true of: 30 days before and after today, unless set."""
        today = seconds(self.now) // DAY * DAY
        return self._window or (today - 30 * DAY, today + 30 * DAY - 1)

    @property
    def report_window(self) -> tuple[int, int]:
        """What the truth of reports is of: as set, or all up to the end of today."""
        today = seconds(self.now) // DAY * DAY
        return self._window or (seconds("2017-01-01T00:00:00Z"), today + DAY - 1)

    def set_window(self, start: datetime | str, end: datetime | str) -> None:
        """Say which window the truth of totals and reports is of."""
        self._window = (seconds(start), seconds(end))

    def running(self, workspace_id: str, user_id: str) -> list[TimeEntry]:
        """Return a member's running time entries."""
        if b'"end":null' not in self.timesheet(workspace_id, user_id).body:
            return []
        entries = self.entries(workspace_id, user_id)
        return [entry for entry in entries if entry.timeInterval.end is None]

    def _changed(self) -> None:
        self._link_memberships()
        self._blocks.clear()
        self.reports.clear()
        self.ledger.compare(self._log)

    def _log(
        self, data: WorkspaceData, kind: str, event: Event, before: bytes, after: bytes
    ) -> None:
        """Write a change into the audit log, as the owner's."""
        text = msgspec.json.decode(after or before, type=dict[str, object])
        whose = text.get("userId", self.owner_id)
        action = audit_log.action_of(kind, event, other=whose != self.owner_id)
        if action is None:
            return
        owner = data.users.get(self.owner_id)
        entry = audit_log.AuditLogEntry(
            action=action,
            timestamp=iso(seconds(self.now)),
            userId=self.owner_id,
            userName=owner.name if owner else None,
            userEmail=owner.email if owner else None,
            workspaceId=data.row.id,
            content=after.decode() or None,
            previousContent=before.decode() or None,
        )
        data.audit_log.append(entry)

    def _link_memberships(self) -> None:
        """Give each user what the workspace, its projects and its groups say about it."""
        for data in self.workspaces.values():
            for user in data.users.values():
                user.memberships = []
            for membership in chain.from_iterable(data.membership_lists()):
                if membership.userId in data.users:
                    data.users[membership.userId].memberships.append(membership)
            for group in data.user_groups.values():
                for user_id in filter(data.users.__contains__, group.userIds):
                    data.users[user_id].memberships.append(
                        Membership(userId=user_id, targetId=group.id, membershipType="USERGROUP")
                    )


def _place(accounts: list[str], ordinal: int) -> str | None:
    return accounts[ordinal] if ordinal < len(accounts) else None
