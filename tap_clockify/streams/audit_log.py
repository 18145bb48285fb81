"""The audit log: who did what, from a host of its own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from tap_clockify import rows
from tap_clockify.windows import Slice, WindowedStream
from taps_common.sync.state import to_text
from taps_common.errors import ShapeError, TapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.http.session import Service
    from taps_common.sync.engine import Reading

ACTIONS = (
    *("CREATE_TIME_PERSONAL_TIMER", "CREATE_TIME_PERSONAL_MANUAL", "CREATE_TIME_IMPORT"),
    *("CREATE_TIME_KIOSK", "CREATE_TIME_FOR_OTHER", "RESTORE_TIME", "RESTORE_TIME_FOR_OTHER"),
    *("UPDATE_TIME_PERSONAL", "UPDATE_TIME_FOR_OTHER"),
    *("DELETE_TIME_PERSONAL", "DELETE_TIME_FOR_OTHER"),
    *("CREATE_PROJECT", "CREATE_PROJECT_IMPORT", "CREATE_PROJECT_QUICKBOOKS"),
    *("UPDATE_PROJECT", "DELETE_PROJECT"),
    *("CREATE_TASK", "CREATE_TASK_IMPORT", "UPDATE_TASK", "DELETE_TASK"),
    *("CREATE_CLIENT", "CREATE_CLIENT_IMPORT", "CREATE_CLIENT_QUICKBOOKS"),
    *("UPDATE_CLIENT", "DELETE_CLIENT"),
    *("CREATE_TAG", "CREATE_TAG_IMPORT", "UPDATE_TAG", "DELETE_TAG"),
    *("CREATE_EXPENSE", "CREATE_EXPENSE_FOR_OTHER", "RESTORE_EXPENSE"),
    *("RESTORE_EXPENSE_FOR_OTHER", "UPDATE_EXPENSE", "UPDATE_EXPENSE_FOR_OTHER"),
    *("DELETE_EXPENSE", "DELETE_EXPENSE_FOR_OTHER"),
)
"""All that may be asked for (published description, `AuditLogGetRequestV1`): none is the default,
and one that the service does not know is refused."""

NOBODY_LEFT_OUT: Mapping[str, object] = {"authorIds": [], "contains": "DOES_NOT_CONTAIN"}
"""The filter by author is required; that there is nobody to be left out lets everybody pass, while
what "contains nobody" means is not documented."""

KEPT = timedelta(days=366)
"""How long the log is kept: a year (help, "Audit log")."""

LATE = timedelta(hours=1)
"""How late an entry may come into the log and still be seen; nothing documents a delay."""

TOLD_APART_BY = ("workspaceId", "timestamp", "userId", "action", "content", "previousContent")
"""What an entry is known by; a name or an address may be another one later."""

_encode = msgspec.json.Encoder().encode


class AuditLog(WindowedStream):
    """What members did to time, projects, tasks, clients, tags and expenses, newest first."""

    name = "audit_log"
    row = rows.AuditLogEntry
    primary_keys = ("_row_id",)
    replication_key = "timestamp"
    cursor = "timestamp"
    path = "/workspaces/{workspaceId}/audit-log"
    from_route = ("workspaceId",)
    page_size = 50  # documented maximum
    together = True
    smallest_page = 20  # documented default: the page size was seen to be ignored
    envelope = ("response",)
    feature = "AUDIT_LOG"
    admins_only = True
    needs = frozenset({"_row_id", *TOLD_APART_BY})
    span = timedelta(days=29)  # 30 dates at most: the web page allows 30 days

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._seen: dict[str, Counter[bytes]] = {}
        self._pages: dict[str, set[bytes]] = {}

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the log is read again: entries never change."""
        return min(LATE, super().lookback)

    @property
    def service(self) -> Service | None:
        """The host of the audit log."""
        return self.tap.audit_log

    def gate(self, scope: Scope) -> str | None:
        """Return why the table cannot be read: plan, role, or an add-on token."""
        if self.tap.config.get("addon_token"):
            return "Clockify's audit log takes no add-on token: use an API key"
        return super().gate(scope)

    def partitions_in(self, scope: Scope, reading: Reading) -> list[dict[str, str]]:
        """Return one walk per slice.

        Raises:
            TapError: nothing says where the audit log is.
        """
        walks = super().partitions_in(scope, reading)
        if walks and (sentence := self.missing()):
            raise TapError(sentence)
        return walks

    def missing(self) -> str | None:
        """Return that the host is not known, in a sentence."""
        if self.tap.audit_log is not None:
            return None
        return (
            "audit_log_url is missing: the audit log has a host of its own, and Clockify documents "
            "the global region's only. Ask its support for yours and set audit_log_url, or "
            "deselect audit_log."
        )

    def earliest(self, began: datetime) -> datetime:
        """Return when the oldest entries that are kept were made."""
        return began - KEPT

    def reach(self, since: datetime, until: datetime, began: datetime) -> Slice:
        """Return a window of whole seconds, of what is kept: entries made later shift no page."""
        low = max(since, self.earliest(began))
        return low.replace(microsecond=0), until.replace(microsecond=0)

    def bounds(self, part: Slice) -> tuple[str, str]:
        """Return the moments of a slice, both included: one at the border comes twice."""
        low, high = part
        return to_text(low), to_text(high)

    def asked(self, partition: Scope, page: int) -> Mapping[str, object]:
        """Return what is posted: everything that anybody did."""
        return {
            "actions": ACTIONS,
            "authors": NOBODY_LEFT_OUT,
            "start": partition["from"],
            "end": partition["to"],
            "page": page,
            "page-size": self.page_size,
        }

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read a slice, numbering entries that are alike."""
        ident = _walk_of(partition)
        self._seen[ident], self._pages[ident] = Counter(), set()
        yield from super().walk(partition, window, reading)
        del self._seen[ident], self._pages[ident]

    def complete(self, rows_read: Sequence[rows.AuditLogEntry], partition: Scope) -> None:
        """Give entries, which have no id, the digest of what they hold and their number.

        Raises:
            ShapeError: the same page came before in this walk.
        """
        super().complete(rows_read, partition)
        ident = _walk_of(partition)
        seen, pages = self._seen[ident], self._pages[ident]
        digests = [_digest(row) for row in rows_read]
        page = blake2b(b"".join(digests)).digest()
        if digests and page in pages:
            raise ShapeError("the audit log sent the same page twice: its paging does not advance")
        pages.add(page)
        for row, digest in zip(rows_read, digests, strict=True):
            seen[digest] += 1
            row._row_id = f"{digest.hex()}-{seen[digest]}"  # noqa: SLF001 - a column's name


def _digest(row: rows.AuditLogEntry) -> bytes:
    values = [getattr(row, name) for name in TOLD_APART_BY]
    return blake2b(_encode(values), digest_size=16).digest()


def _walk_of(partition: Scope) -> str:
    return f"{partition['workspaceId']} {partition['to']}"
