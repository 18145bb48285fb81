"""Invoices, their items and payments.

The list lacks most columns of an invoice and all its items: they cost a request per invoice. So an
invoice is asked for again only when its row of the list changed. The state keeps what tells that, a
short digest per invoice.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from tap_clockify.client import IdListStream, ItemStream
from tap_clockify.object_ids import Object
from tap_clockify.permissions import PermittedStream, PerRowStream
from tap_clockify.rows import invoices as rows
from taps_common.digests import digest_of
from taps_common.errors import ShapeError, StatusError
from taps_common.http.request import Request
from taps_common.records.row_types import RESCUED
from taps_common.sync.steps import Ask, Plan, Write

if TYPE_CHECKING:
    from taps_common.http.request import Response
    from taps_common.sdk import SdkStream
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Scope

LISTED = frozenset(
    {
        *("id", "workspaceId", "number", "clientId", "clientName", "currency", "issuedDate"),
        *("dueDate", "amount", "balance", "paid", "status", RESCUED),
    }
)
"""Columns that the list has."""


class _Identified(msgspec.Struct):
    id: str


@dataclass
class _Listed:
    """A list of invoices, and what the tables lack of it.

    Attributes:
        rows: the rows of the list, by id.
        digests: the digest of each, by id.
        states: the entries of the tables in the state, which know the invoices they have.
    """

    rows: dict[str, Object]
    digests: dict[str, str]
    states: list[dict[str, dict[str, str]]]


class Invoices(IdListStream, PermittedStream):
    """Invoices, those that are void included."""

    name = "invoices"
    row = rows.Invoice
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/invoices"
    one = "/workspaces/{workspaceId}/invoices/{invoiceId}"
    from_route = ("workspaceId",)
    params = (("sort-column", "ID"),)
    envelopes = (("invoices",),)
    feature = "INVOICING"
    admins_only = True

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the list as one partition; with details, one per invoice that changed.

        Raises:
            SkippedError: the table cannot be read in this workspace.
            TapError: the list cannot be read.
        """
        plan: Plan = yield from super().plan(scope, bounds)
        if not self._asks_details(bounds):
            return plan
        try:
            listed = yield from self.ask_for_rows(scope, bounds)  # they say what is to be asked
        except StatusError as error:
            raise self.skip_reason(error, scope, known=False) or error from None
        digests = {ident: _digest(row) for ident, row in listed.items()}
        states = [self._keep_what_is_same(table, scope, digests) for table in bounds.tables]
        plan.ids = dict.fromkeys(listed)
        plan.details = _Listed(listed, digests, states)
        plan.partitions = [
            {**scope, "invoiceId": ident}
            for ident in digests
            if not all(ident in state["digests"] for state in states)
        ]
        return plan

    def _asks_details(self, bounds: Bounds) -> bool:
        """Return whether a table needs more than the list has, and may have it."""
        items = any(isinstance(table, InvoiceItems) for table in bounds.tables)
        if not self.config["invoice_details"]:
            if items:
                self.tap.say("invoice_items: no rows, because invoice_details is off")
            return False
        return bool(bounds.tables) and (items or not bounds.columns <= LISTED)

    def _keep_what_is_same(
        self, table: SdkStream, scope: Scope, digests: dict[str, str]
    ) -> dict[str, dict[str, str]]:
        """Return a table's entry in the state, with only those digests that still hold.

        With table versions on, none holds: only a whole table can be versioned.
        """
        state = table.get_context_state(dict(scope))
        columns = _columns(table)
        kept = state.get("digests", {}) if state.get("columns") == columns else {}
        if self.config["emit_activate_version_messages"]:
            kept = {}
        same = {ident: one for ident, one in digests.items() if kept.get(ident) == one}
        state["columns"], state["digests"] = columns, dict(sorted(same.items()))
        found: dict[str, dict[str, str]] = state
        return found

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages of the list, or the request for one invoice.

        An invoice of its own lacks columns of the list: its row there completes it.

        Raises:
            ShapeError: the response is not that invoice.
        """
        listed: _Listed | None = bounds.details
        if listed is None:
            yield from super().requests(partition, bounds)
            return
        ident = partition["invoiceId"]
        request = Request(self.one, partition)
        response: Response = yield Ask(request)
        detail = _invoice(response.body, ident)
        if detail is None:
            raise ShapeError(f"{request} answered 200, but not with that invoice")
        yield Write(msgspec.json.encode([{**listed.rows[ident], **detail}]), request)
        for state in listed.states:
            state["digests"][ident] = listed.digests[ident]


class InvoiceItems(ItemStream):
    """Lines of invoices."""

    name = "invoice_items"
    row = rows.InvoiceItem
    primary_keys = ("invoiceId", "order")
    parent = Invoices
    items = "items"
    needs = frozenset({"items"})
    owner = MappingProxyType({"workspaceId": "workspaceId", "invoiceId": "id"})

    @property
    def is_whole_table(self) -> bool:
        """Whether items are read at all."""
        return bool(self.config["invoice_details"])


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


def _invoice(body: bytes, ident: str) -> Object | None:
    """Return an invoice; None if it is another one, or none at all."""
    try:
        if msgspec.json.decode(body, type=_Identified).id != ident:
            return None
        return msgspec.json.decode(body, type=Object)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _digest(row: Object) -> str:
    """Return a digest of a row of the list, whatever the order of its fields."""
    text = b",".join(name.encode() + b":" + bytes(row[name]) for name in sorted(row))
    return digest_of(text, size=6)


def _columns(table: SdkStream) -> str:
    """Return a digest of the selection of a table: under another one, all is sent again.

    A column that is nearly always null is not worth a request per invoice.
    """
    chosen = sorted(
        ".".join(crumb)
        for crumb, selected in table.mask.items()
        if selected and crumb[-1:] != (RESCUED,)
    )
    return digest_of(",".join(chosen).encode(), size=6)


STREAMS = (Invoices, InvoiceItems, InvoicePayments)
