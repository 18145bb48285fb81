"""The audit log: who did what, from a host of its own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from tap_clockify.rows import audit_log as rows
from tap_clockify.windows import Slice, WindowedStream
from taps_common.digests import digest_of
from taps_common.errors import ShapeError, TapError
from taps_common.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taps_common.http.request import Service
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Scope

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

IDENTITY = ("workspaceId", "timestamp", "userId", "action", "content", "previousContent")
"""What an entry is known by; a name or an address may be another one later."""

_encode = msgspec.json.Encoder().encode


class AuditLog(WindowedStream):
    """What members did to time, projects, tasks, clients, tags and expenses, newest first."""

    name = "audit_log"
    row = rows.AuditLogEntry
    primary_keys = ("_row_id",)
    replication_key = "timestamp"
    path = "/workspaces/{workspaceId}/audit-log"
    from_route = ("workspaceId",)
    page_size = 50  # documented maximum
    whole_pages = True
    smallest_page = 20  # documented default: the page size was seen to be ignored
    envelopes = (("response",),)
    feature = "AUDIT_LOG"
    admins_only = True
    needs = frozenset({"_row_id", *IDENTITY})
    span = timedelta(days=29)  # 30 dates at most: the web page allows 30 days

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the log is read again: entries never change."""
        return min(LATE, super().lookback)

    @property
    def service(self) -> Service | None:
        """The host of the audit log."""
        return self.account.audit_log

    def not_allowed(self, scope: Scope) -> str | None:
        """Return why the table cannot be read: plan, role, or an add-on token."""
        if self.account.is_addon:
            return "Clockify's audit log takes no add-on token: use an API key"
        return super().not_allowed(scope)

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return one partition per slice.

        Raises:
            SkippedError: the table cannot be read in this workspace.
            TapError: nothing says where the audit log is.
        """
        plan = yield from super().plan(scope, bounds)
        if sentence := self.missing_setting():
            raise TapError(sentence)
        return plan

    def missing_setting(self) -> str | None:
        """Return that the host is not known, in a sentence."""
        if self.account.audit_log is not None:
            return None
        return (
            "audit_log_url is missing: the audit log has a host of its own, and Clockify documents "
            "the global region's only. Ask its support for yours and set audit_log_url, or "
            "deselect audit_log."
        )

    def earliest(self, began: datetime) -> datetime:
        """Return when the oldest entries that are kept were made."""
        return began - KEPT

    def reach(self, since: datetime, until: datetime, bounds: Bounds) -> Slice:
        """Return a window of whole seconds, of what is kept: entries made later shift no page."""
        low = max(since, self.earliest(bounds.began))
        return low.replace(microsecond=0), until.replace(microsecond=0)

    def bounds_of(self, part: Slice) -> tuple[str, str]:
        """Return the ends of a slice, both included: what stands at the border comes twice."""
        low, high = part
        return to_text(low), to_text(high)

    def body(
        self, partition: Partition, bounds: Bounds, page: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return what is posted: everything that anybody did."""
        return {
            "actions": ACTIONS,
            "authors": NOBODY_LEFT_OUT,
            "start": partition["from"],
            "end": partition["to"],
            **page,
        }

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages of a slice, numbering entries that are alike."""
        return self.pages(partition, bounds, _Numbers().give)

    def needs_every_row(self, bounds: Bounds) -> bool:
        """Return that pages are asked for once: entries of the past neither change nor go."""
        return False


class _Numbers:
    """Gives entries of a slice, which have no id, the digest of what they hold and a number."""

    def __init__(self) -> None:
        self._seen = Counter[str]()
        self._pages: set[str] = set()

    def give(self, rows_read: Sequence[rows.AuditLogEntry]) -> Sequence[rows.AuditLogEntry]:
        """Set the ids of a page's entries.

        Raises:
            ShapeError: the same page came before.
        """
        digests = [_digest(row) for row in rows_read]
        page = digest_of(digests)
        if digests and page in self._pages:
            raise ShapeError("the audit log sent the same page twice: its paging does not advance")
        self._pages.add(page)
        for row, digest in zip(rows_read, digests, strict=True):
            self._seen[digest] += 1
            row._row_id = f"{digest}-{self._seen[digest]}"  # noqa: SLF001 - a column's name
        return rows_read


def _digest(row: rows.AuditLogEntry) -> str:
    values = [getattr(row, name) for name in IDENTITY]
    return digest_of(_encode(values))


STREAMS = (AuditLog,)
