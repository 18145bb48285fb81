"""Windows of dates that were read to their end, and what they say is gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_clicktime.metadata import entity_sets
from tap_clicktime.tables import tables
from taps_common.timestamps import from_text
from tests.clicktime.odata import Service, declaration
from tests.clicktime.runs import true_rows

if TYPE_CHECKING:
    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response
    from tests.clicktime.runs import Account
    from tests.common.runs import Row, Run, State

DAY = 86_400
ENTRIES, WINDOWS = "time_entries", "completed_windows"


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    return account.run(catalog=account.catalog([ENTRIES, WINDOWS]), state=state, **settings)


def test_it_is_selected_only_if_somebody_asks(account: Account) -> None:
    assert WINDOWS not in account.run().ok().counts()


def test_a_set_that_was_read_by_its_date_has_one_row_after_its_records(account: Account) -> None:
    run = account.run(catalog=account.catalog([ENTRIES, "users", WINDOWS])).ok()
    (row,) = run.records(WINDOWS)
    assert row == {
        "stream": ENTRIES,
        "from": "1970-01-01T00:00:00Z",
        "to": "9999-12-31T00:00:00Z",
        "readAt": row["readAt"],
    }
    order = [one["stream"] for one in run.messages if one["type"] == "RECORD"]
    assert WINDOWS not in order[: order.index(ENTRIES)]
    assert ENTRIES not in order[order.index(WINDOWS) :]


def test_what_was_deleted_inside_the_look_back_is_gone(account: Account) -> None:
    world = account.world
    near, far = (world.insert_entry(Date=day) for day in ("2026-09-01", "2026-06-01"))
    first = read(account, lookback_days=30).ok()
    held = {row["ID"]: (row, at(first)) for row in first.records(ENTRIES)}
    world.delete_row(near)
    world.delete_row(far)
    world.advance(DAY)
    second = read(account, first.state, lookback_days=30).ok()
    held |= {row["ID"]: (row, at(second)) for row in second.records(ENTRIES)}
    (window,) = second.records(WINDOWS)
    assert window["from"] == "2026-08-17T00:00:00Z"
    gone = {ident for ident, (row, stamp) in held.items() if is_gone(row, stamp, window)}
    assert gone == {near}
    assert held.keys() - gone == {row["ID"] for row in true_rows(world, ENTRIES)} | {far}


def at(run: Run) -> str:
    (stamp,) = {message["time_extracted"] for message in run.of("RECORD", ENTRIES)}
    return str(stamp)


def is_gone(row: Row, extracted: str, window: Row) -> bool:
    day = row["Date"] and f"{row['Date']}T00:00:00Z"
    inside = day and from_text(window["from"]) <= from_text(day) < from_text(window["to"])
    return bool(inside) and from_text(extracted) < from_text(window["readAt"])


def test_dates_bound_the_window(account: Account) -> None:
    (row,) = read(account, start_date="2026-08-01T10:00:00Z", end_date="2026-09-01").records(
        WINDOWS
    )
    assert (row["from"], row["to"]) == ("2026-08-02T00:00:00Z", "2026-09-02T00:00:00Z")


def test_nothing_is_told_of_a_read_that_failed(account: Account) -> None:
    account.fault("/TimeEntries", "status", code=500)
    run = read(account, max_retries=0)
    assert run.code
    assert run.records(WINDOWS) == []


def test_nothing_is_told_of_a_set_that_goes_by_a_stamp(account: Account) -> None:
    account.world.switch(modified=True)
    tables = [ENTRIES, "timesheets", WINDOWS]
    given: dict[str, Any] = {"replication_keys": {"Timesheets": "StartDate"}}
    run = account.run(catalog=account.catalog(tables, **given), **given).ok()
    assert [row["stream"] for row in run.records(WINDOWS)] == ["timesheets"]


class More(Service):
    """A service that counts a row more than it sends."""

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        response = super().send(request, cost)
        if request.path == "/$metadata":
            return response
        page = json.loads(response.body)
        page["@odata.count"] = len(self.dates) + 1
        return type(response)(json.dumps(page).encode(), {}, url=response.url)


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (Service(["2026-09-01"]), 1),
        (Service(["2026-09-01"], "Edm.String"), 1),
        (Service(["1st of May"], "Edm.String"), 0),
        (More(["2026-09-01"]), 0),
    ],
    ids=["all", "dates as text", "texts that are not dates", "rows that do not come"],
)
def test_what_a_service_may_hide_is_not_called_gone(service: Service, told: int) -> None:
    run = service.run(tables=[ENTRIES, WINDOWS]).ok()
    assert len(run.records(ENTRIES)) == 1
    assert len(run.records(WINDOWS)) == told


def test_a_list_of_one_page_is_asked_for_what_follows() -> None:
    """A service that sends no links may count the rows of the page."""

    def requests(*tables: str) -> int:
        service = Service(["2026-09-01"])
        service.run(tables=tables).ok()
        return service.asked

    assert requests(ENTRIES, WINDOWS) == requests(ENTRIES) + 1


def test_it_gets_no_rows_where_rows_are_left_out_that_did_not_change(account: Account) -> None:
    """`*.*` selects it as well, and a row that is not sent again would look deleted."""
    first = read(account, skip_unchanged=True).ok()
    second = read(account, first.state, skip_unchanged=True).ok()
    assert [run.of("SCHEMA", WINDOWS) != [] for run in (first, second)] == [True, True]
    assert [run.records(WINDOWS) for run in (first, second)] == [[], []]
    assert first.counts()[ENTRIES] > second.counts().get(ENTRIES, 0)
    assert "completed_windows gets no rows while skip_unchanged is set" in first.log
    assert len(read(account, second.state).ok().records(WINDOWS)) == 1


def test_a_set_of_that_name_gets_another_one() -> None:
    named = declaration("Edm.Date").replace(b"TimeEntries", b"CompletedWindows")
    given = {"replication_keys": {"CompletedWindows": "Date"}}
    names = [str(table.name) for table in tables(entity_sets(named), given)]  # type: ignore[misc]  # set on every class
    assert names == [f"{WINDOWS}_2", WINDOWS]
