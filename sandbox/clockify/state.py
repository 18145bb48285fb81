"""The account as it is now: its lists, its clock and its switches."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from sandbox.clockify import people
from sandbox.clockify.account import Builder
from sandbox.clockify.blocks import Block, Timesheet
from sandbox.clockify.instants import seconds
from sandbox.clockify.rows import Membership, TimeEntry
from sandbox.clockify.settings import UserSettings
from sandbox.clockify.workspaces import SIZES, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.clockify.workspaces import WorkspaceData

SWITCHES = (
    "omit_last_page",
    "empty_page_before_last",
    "clamp_page_size",
    "retry_after",
    "hydrated_omits_done",
    "compress",
    "account_zone",
)


class State:
    """The account as it is now; every method is safe to call while the server answers."""

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
        now: datetime | None = None,
        members: int | None = None,
        entries: int | None = None,
    ) -> None:
        chosen = SIZES[size]
        chosen = Size(members or chosen.members, entries or chosen.entries, chosen.projects)
        self.lock = threading.RLock()
        self.now = (now or datetime.now(timezone.utc)).replace(microsecond=0)
        """The world's clock; it stands still until it is moved."""
        self.started = self.now
        self.omit_last_page = False
        """Answer pages without the Last-Page header."""
        self.empty_page_before_last = False
        """Insert an empty page with `Last-Page: false` before the last page of every list."""
        self.clamp_page_size = False
        """Serve 5,000 rows when more are asked for, instead of refusing."""
        self.retry_after = False
        """Say on 429 how many seconds to wait."""
        self.hydrated_omits_done = False
        """Leave DONE tasks out of hydrated projects."""
        self.compress = False
        """Gzip bodies above 1 KiB for clients that accept it."""
        self._builder = Builder(seed, seconds(self.now))
        self._blocks: dict[tuple[str, ...], Block] = {}
        built = self._builder.account(chosen)
        self.workspaces = {data.row.id: data for data in built}
        self.main_id, self.second_id = self.workspaces
        accounts = list(built[0].users)
        self.owner_id = accounts[people.OWNER]
        self.admin_id = _place(accounts, people.ADMIN)
        self.member_id = _place(accounts, people.MEMBER)
        self._link_memberships()

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

    def switch(self, **switches: bool | str) -> None:
        """Set switches (omit_last_page, account_zone, ...) by name."""
        for name, value in switches.items():
            if name not in SWITCHES:
                raise ValueError(f"No such switch: {name}; there are {', '.join(SWITCHES)}.")
            setattr(self, name, value)

    def _homes(self, user_id: str) -> list[WorkspaceData]:
        return [data for data in self.workspaces.values() if user_id in data.users]

    def _changed(self) -> None:
        self._link_memberships()
        self._blocks.clear()

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
