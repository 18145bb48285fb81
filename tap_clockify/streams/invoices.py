"""Invoices, their items and payments.

The list lacks most columns of an invoice and all its items: they cost a request per invoice. So an
invoice is asked for again only when its row of the list changed. The state keeps what tells that, a
short digest per invoice.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import asdict

from tap_clockify import rows
from tap_clockify.client import Listed
from tap_clockify.permissions import GatedStream, PerRowStream, in_words
from taps_common.errors import ShapeError, StatusError
from taps_common.http.session import Request
from taps_common.sync.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clockify.client import Take
    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.http.session import Response
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.engine import Reading
    from taps_common.records.row_types import Row
    from taps_common.sync.stream import Table

LISTED = frozenset(
    {
        *("id", "workspaceId", "number", "clientId", "clientName", "currency", "issuedDate"),
        *("dueDate", "amount", "balance", "paid", "status"),
    }
)
"""Columns that the list has."""

Object = dict[str, msgspec.Raw]
"""An object whose values are not read."""


class _Identified(msgspec.Struct):
    id: str


class Invoices(Listed, GatedStream):
    """Invoices, those that are void included."""

    name = "invoices"
    row = rows.Invoice
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/invoices"
    one = "/workspaces/{workspaceId}/invoices/{invoiceId}"
    from_route = ("workspaceId",)
    params = (("sort-column", "ID"),)
    envelope = ("invoices",)
    feature = "INVOICING"
    admins_only = True

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._tables: Sequence[Table] = ()
        self._listed: dict[str, Object] = {}
        self._now: dict[str, str] = {}
        self._sent: dict[str, dict[str, str]] = {}

    # -- which are read -----------------------------------------------------------------------

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the list as one walk; with details, one walk per invoice that changed."""
        whole = super().partitions_in(scope, reading)
        if not whole or not self._asks_details(reading):
            return whole
        self._listed = {}
        try:
            self._list(scope, reading)
        except StatusError as error:
            reading.outcome.progress.cost.add(error.cost)
            if not self.is_refusal(error, scope["workspaceId"]) or self.tap.config["strict_plan"]:
                raise
            self.refused[scope["workspaceId"]] = error
            reading.outcome.leave_out(in_words(error))
            return []
        reading.outcome.progress.walks += 1
        self.ids[scope["workspaceId"]] = dict.fromkeys(self._listed)
        changed = self._changed(scope, reading.tables)
        return [{**scope, "invoiceId": ident} for ident in changed]

    def _asks_details(self, reading: Reading) -> bool:
        """Tell whether a table needs more than the list has, and may have it."""
        items = any(isinstance(table, InvoiceItems) for table in reading.tables)
        if not self.tap.config["invoice_details"]:
            if items:
                self.logger.warning("invoice_items: no rows, because invoice_details is off")
            return False
        wanted = {field.encode_name for field in msgspec.structs.fields(reading.fields)}
        return bool(reading.tables) and (items or not wanted <= LISTED)

    def _list(self, scope: Scope, reading: Reading) -> None:
        """Read the list at once: it says what is to be asked."""

        def take(request: Request, response: Response, *, last: bool) -> int:  # noqa: ARG001 - one page
            body = self.bare(request, response).body
            try:
                found = msgspec.json.decode(body, type=list[Object])
                known = [msgspec.json.decode(one["id"], type=str) for one in found]
            except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
                raise ShapeError(
                    f"{request} answered 200, but the page is not usable: a row without id"
                ) from None
            if known and {*known} <= self._listed.keys():
                raise ShapeError(
                    f"{request} sent the same page twice: its paging does not advance."
                )
            self._listed |= dict(zip(known, found, strict=True))
            return len(known)

        walk = self.pages(scope, None, take)
        request = next(walk, None)
        while request is not None:
            response = reading.ask(request)
            try:
                request = walk.send(response)
            except StopIteration:
                request = None

    def _changed(self, scope: Scope, tables: Sequence[Table]) -> list[str]:
        """Return the ids of the invoices that the tables lack as they are now.

        These are all with table versions on: only a whole table can be versioned.
        """
        now = {ident: _digest(row) for ident, row in self._listed.items()}
        kept = [_kept(table, scope) for table in tables]
        if self.tap.config["emit_activate_version_messages"]:
            kept = [{}]
        same = {i: one for i, one in now.items() if all(sent.get(i) == one for sent in kept)}
        self._tables = tables
        self._now = now
        self._sent[scope["workspaceId"]] = same
        return [ident for ident in now if ident not in same]

    # -- one invoice --------------------------------------------------------------------------

    def pages(self, partition: Scope, window: Window | None, take: Take) -> Walk:
        """Request the pages of the list, or one invoice, which the list's row is completed by.

        Raises:
            ShapeError: the answer is not that invoice.
        """
        ident = partition.get("invoiceId")
        if ident is None:
            yield from super().pages(partition, window, take)
            return
        request = Request(self.one, partition)
        response = yield request
        try:
            named = msgspec.json.decode(response.body, type=_Identified).id == ident
            detail = msgspec.json.decode(response.body, type=Object)
        except (msgspec.DecodeError, UnicodeDecodeError):
            named, detail = False, {}
        if not named:
            raise ShapeError(f"{request} answered 200, but not with that invoice")
        page = msgspec.json.encode([{**self._listed[ident], **detail}])
        take(request, replace(response, body=page), last=True)
        self._sent[partition["workspaceId"]][ident] = self._now[ident]

    def settle(self, outcome: Outcome) -> None:
        """Note which invoices the tables have now, and by which digest."""
        for workspace, digests in self._sent.items():
            for table in self._tables:
                state = table.get_context_state({"workspaceId": workspace})
                state["columns"], state["digests"] = _columns(table), dict(sorted(digests.items()))
        self._sent = {}


class InvoiceItems(Unwound):
    """Lines of invoices."""

    name = "invoice_items"
    row = rows.InvoiceItem
    primary_keys = ("invoiceId", "order")
    unwinds = Invoices
    needs = frozenset({"items"})

    @property
    def versioned(self) -> bool:
        """Whether items are read at all."""
        return bool(self.config["invoice_details"])

    def rows_from(self, rows_read: Sequence[rows.Invoice]) -> list[Row]:
        """Return one row per line of an invoice."""
        return [
            rows.InvoiceItem(workspaceId=one.workspaceId, invoiceId=one.id, **asdict(line))
            for one in rows_read
            for line in one.items or ()
        ]


class InvoicePayments(PerRowStream):
    """Payments of all invoices."""

    name = "invoice_payments"
    row = rows.InvoicePayment
    primary_keys = ("invoiceId", "id")
    path = "/workspaces/{workspaceId}/invoices/{invoiceId}/payments"
    from_route = ("workspaceId", "invoiceId")
    feature = "INVOICING"
    admins_only = True
    parent = Invoices
    parent_id = "invoiceId"


def _digest(row: Object) -> str:
    """Return what tells whether a row of the list changed, whatever the order of its fields."""
    text = b",".join(name.encode() + b":" + bytes(row[name]) for name in sorted(row))
    return blake2b(text, digest_size=6).hexdigest()


def _columns(table: Table) -> str:
    """Return what tells whether the selection of a table changed: then all is sent again."""
    chosen = sorted(".".join(crumb) for crumb, selected in table.mask.items() if selected)
    return blake2b(",".join(chosen).encode(), digest_size=6).hexdigest()


def _kept(table: Table, scope: Scope) -> dict[str, str]:
    """Return the digests of the invoices that a table has with its present columns."""
    state = table.get_context_state(dict(scope))
    if state.get("columns") != _columns(table):
        return {}
    found: dict[str, str] = state.get("digests", {})
    return found
