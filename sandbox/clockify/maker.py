"""What the makers of the further tables share: dates in ids, counts, and whom rows can name."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.clockify.workspaces import WorkspaceData

SMALL = 12
"""Members of the small account, which the counts are given for."""


MOST = 200
"""Members of the large account; what more of them do beside their time is not made up."""


class Maker:
    """Makes up rows of one workspace; the same arguments give the same rows."""

    def __init__(
        self, data: WorkspaceData, seed: int, now: int, numbers: Iterator[int] | None = None
    ) -> None:
        self.data = data
        self.seed = seed
        self.now = now
        self.numbers = numbers or count(1)
        """Shared by all workspaces, so that ids are unique."""
        self.owner_id = next(iter(data.users))
        self.writers = [user.id for user in data.users.values() if user.status != "NOT_REGISTERED"]
        """Members who do things."""

    def dated_id(self, created: int) -> str:
        """Return a 24-hex id that carries its creation."""
        number = next(self.numbers)
        return f"{created & 0xFFFFFFFF:08x}{self.seed & 0xFFFFFF:06x}e{number:09x}"

    def count(self, small: int) -> int:
        """Scale a count of the small account by the members of this one, within bounds."""
        return max(small // 3, small * min(MOST, len(self.data.users)) // SMALL)

    @property
    def entry_ids(self) -> list[str]:
        """Ids of the owner's last time entries."""
        sheet = self.data.timesheets.get(self.owner_id)
        return (
            [sheet.row(index)[7:31].decode() for index in range(min(20, len(sheet or ())))]
            if sheet
            else []
        )
