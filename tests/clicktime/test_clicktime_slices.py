"""Long lists cut by date: each row once, whatever the dates, and wherever a run is cut off."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import sandbox
from sandbox.clicktime import model
from sandbox.clicktime.edm import EntityType, Property
from sandbox.clicktime.filters import compile_filter
from tap_clicktime import query
from tap_clicktime.metadata import entity_sets
from tap_clicktime.slices import MOST, STEPS, Slice, cut
from taps_common.errors import InterruptedRunError
from tests.clicktime.runs import VERSIONS, Account, Copy, copied, true_rows
from tests.clicktime.runs import timestamp as timestamp_of
from tests.common.runs import NOW, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response

ENTRIES = ["time_entries", "time_entry_custom_fields"]
ONLY: dict[str, Any] = {"entity_sets": ["TimeEntries"]}

often = settings()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


def asked_slices(account: Account) -> list[str]:
    """Return the conditions of the questions that began a partition."""
    return [one.get("$filter", "") for one in account.first_questions("TimeEntries")]


def assert_each_once(run: Run, true: Sequence[dict[str, Any]]) -> None:
    """Assert that a run brought each of these entries once, and nothing else."""
    ids = Counter(row["ID"] for row in run.ok().records("time_entries"))
    wanted = Counter(row["ID"] for row in true)
    assert ids == wanted, (wanted - ids, ids - wanted)


# -- where a list is cut ---------------------------------------------------------------------------

days = st.one_of(
    st.dates(),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.sampled_from([date.min, date.max, date(2026, 9, 15)]),
)
rows = st.one_of(st.none(), st.integers(0, 3000), st.integers(0, 10**7))
sizes = st.sampled_from([1, 7, 50, 1000, 100_000])


def borders_of(slices: Sequence[Slice]) -> list[datetime]:
    return [one.low for one in slices if one.low]


@often
@given(days, days, rows, sizes)
@example(date.min, date.max, None, 1)
@example(date(2026, 9, 15), date(2026, 9, 15), None, 1)
@example(date(9999, 12, 30), date.max, None, 1)
def test_slices_cover_all_days_and_none_twice(
    one: date, other: date, count: int | None, size: int
) -> None:
    first, last = midnight(min(one, other)), midnight(max(one, other))
    slices = cut(first, last, count, size)
    if not slices:
        return
    assert slices[0].low is None, "open to what is dated earlier"
    assert slices[-1].high is None, "open to what is dated later"
    assert [before.high for before in slices[:-1]] == [after.low for after in slices[1:]]
    borders = borders_of(slices)
    assert len(borders) == len(slices) - 1 > 0
    assert all(before < after for before, after in pairwise(borders))
    assert all(first < border <= last for border in borders), "no slice is sure to be empty"
    assert all(border == midnight(border.date()) for border in borders)
    assert len({str(slice_) for slice_ in slices}) == len(slices)
    assert "none" not in map(str, slices)
    assert len(slices) <= MOST + 1


@often
@given(days, days, rows, sizes)
def test_only_long_lists_are_cut(one: date, other: date, count: int | None, size: int) -> None:
    slices = cut(midnight(min(one, other)), midnight(max(one, other)), count, size)
    if count is not None and count < 2 * 4 * size:
        assert slices == []
    if count is not None and slices:
        assert len(slices) <= count // (4 * size) + 1, "slices of a few pages at least"
    if one == other:
        assert slices == []
    if count is None and abs(one - other).days > 60:
        assert slices, "a list that is known to be long"


@often
@given(
    st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    st.integers(1, 5000),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_borders_stay_where_they_are_when_a_list_grows(
    first: date, length: int, before: int, after: int
) -> None:
    """An interrupted run finds its slices again: as long as the step is the same."""
    last = first + timedelta(days=length)
    grown = (first - timedelta(days=before), last + timedelta(days=after))
    steps = [
        next(step for step in STEPS if (end - begin).days + 1 <= step * MOST)
        for begin, end in ((first, last), grown)
    ]
    assume(steps[0] == steps[1])
    small = cut(midnight(first), midnight(last), None, 1000)
    large = cut(midnight(grown[0]), midnight(grown[1]), None, 1000)
    assert {*borders_of(small)} <= {*borders_of(large)}
    inner = {str(one) for one in small if one.low and one.high}
    assert inner <= {str(one) for one in large}
    assert all(border.toordinal() % steps[0] == 0 for border in borders_of(large))


# -- what a slice asks for -------------------------------------------------------------------------


def documented(kind: str, *, nullable: bool = True) -> Any:
    document = f"""<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
      <edmx:DataServices><Schema Namespace="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EntityType Name="E"><Key><PropertyRef Name="ID"/></Key>
      <Property Name="ID" Type="Edm.String" Nullable="false"/>
      <Property Name="Date" Type="{kind}" Nullable="{str(nullable).lower()}"/></EntityType>
      <EntityContainer Name="C"><EntitySet Name="TimeEntries" EntityType="S.E"/>
      </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""
    (one,) = entity_sets(document.encode())
    return one


some_days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
timestamps = st.builds(
    lambda day, time, digits, zone: f"{day}T{time}{digits}{zone}",
    some_days,
    st.sampled_from(["00:00:00", "23:59:59", "12:30:00"]),
    st.sampled_from(["", ".1234567", ".9999999", ".000000000001"]),
    st.sampled_from(["Z", "+14:00", "-11:30"]),
)
VALUES = {
    "Edm.Date": st.one_of(some_days, st.just(date.min), st.just(date.max)).map(str),
    "Edm.DateTimeOffset": st.one_of(
        timestamps, st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"])
    ),
    "Edm.String": st.one_of(
        some_days.map(str), timestamps, st.sampled_from(["", "none", "0001-01-01", "9999-12-31"])
    ),
}


@pytest.mark.parametrize("kind", VALUES)
@often
@given(st.data())
def test_each_row_is_in_exactly_one_slice(kind: str, data: st.DataObject) -> None:
    one = documented(kind)
    values = data.draw(st.lists(st.one_of(st.none(), VALUES[kind]), min_size=1, max_size=8))
    ends = sorted(data.draw(st.tuples(some_days, some_days)))
    slices = [*cut(midnight(ends[0]), midnight(ends[1]), None, 1000), Slice()]
    assume(len(slices) > 1)
    entity = EntityType("E", ("ID",), (Property("ID", "Edm.String"), Property("Date", kind)))
    conditions = [
        query.between(one, "Date", part.low, part.high) or "Date eq null" for part in slices
    ]
    tests = [compile_filter(condition, entity).test for condition in conditions]
    for value in values:
        passed = [c for c, test in zip(conditions, tests, strict=True) if test({"Date": value})]
        assert len(passed) == 1, (value, passed)


# -- whole reads by slices -------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "workers"), [(7, 1), (7, 16), (25, 4), (50, 8)])
def test_a_long_list_is_read_by_slices_and_each_row_once(
    start: Callable[..., Account], size: int, workers: int
) -> None:
    account = start(entries=1200)
    run = account.run(page_size=size, max_concurrency=workers, **ONLY)
    true = true_rows(account.world, "time_entries")
    assert_each_once(run, true)
    assert copied(run).differences(account.world, ENTRIES) == {}
    asked = asked_slices(account)
    assert len(asked) > 4
    assert len(set(asked)) == len(asked)
    assert "Date eq null" in asked
    assert any(row["Date"] is None for row in run.records("time_entries"))


def test_a_short_list_is_not_cut(start: Callable[..., Account]) -> None:
    account = start(entries=100)
    run = account.run(page_size=50, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert asked_slices(account) == [""]


@pytest.mark.parametrize(
    "dates",
    [
        ["0001-01-01"],
        ["0001-01-01", "2999-12-31"],
        ["1753-01-01", "1899-12-30", "1900-01-01", "1970-01-01"],
        ["2999-12-31"],
        ["9999-12-28"],
        ["9999-12-31"],
        ["0001-01-01", "9999-12-31"],
    ],
    ids=",".join,
)
def test_dates_far_from_the_others_are_read(account: Account, dates: list[str]) -> None:
    for day in dates:
        account.world.insert_entry(Date=day)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert copied(run).differences(account.world, ENTRIES) == {}


def test_rows_on_the_borders_of_slices_are_read_once(account: Account) -> None:
    account.run(page_size=7, **ONLY).ok()
    words = {word for condition in asked_slices(account) for word in condition.split()}
    borders = sorted(word for word in words if word[:2] == "20")
    assert len(borders) > 3
    for border in borders:
        for shift in (-1, 0, 1):
            day = date.fromisoformat(border) + timedelta(days=shift)
            account.world.insert_entry(Date=day.isoformat())
    account.reset()
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert {*borders} <= {word for one in asked_slices(account) for word in one.split()}


@pytest.mark.parametrize("day", ["2026-09-01", None, "0001-01-01", "2030-01-01"])
def test_one_date_for_all_rows(account: Account, day: str | None) -> None:
    for row in true_rows(account.world, "time_entries"):
        account.world.edit_entry(row["ID"], Date=day)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert len(asked_slices(account)) == 1


def test_two_dates_for_all_rows(account: Account) -> None:
    for number, row in enumerate(true_rows(account.world, "time_entries")):
        account.world.edit_entry(row["ID"], Date=f"2026-09-0{1 + number % 2}")
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))


@pytest.mark.parametrize(
    ("start_date", "end_date"),
    [
        ("2026-07-01", None),
        (None, "2026-08-01"),
        ("2026-07-01", "2026-08-20"),
        ("2026-07-15T12:00:00Z", "2026-08-20T12:00:00Z"),
        ("2026-08-09", "2026-08-09"),
        ("2030-01-01", None),
        (None, "2020-01-01"),
        ("0001-01-01", "9999-12-31"),
        (None, "9999-12-31T12:00:00Z"),
    ],
)
def test_slices_keep_to_the_dates_of_the_settings(
    start: Callable[..., Account], start_date: str | None, end_date: str | None
) -> None:
    account = start(entries=1200)
    run = account.run(page_size=7, start_date=start_date, end_date=end_date, **ONLY)
    low, high = start_date or "", end_date or "9999"
    if "T" in low:  # the day has begun before noon
        low = (date.fromisoformat(low[:10]) + timedelta(days=1)).isoformat()
    true = [
        row
        for row in true_rows(account.world, "time_entries")
        if row["Date"] is None or low <= row["Date"] <= high[:10]
    ]
    assert_each_once(run, true)
    ids = {row["ID"] for row in true}
    assert {row["TimeEntryID"] for row in run.records("time_entry_custom_fields")} <= ids


@pytest.mark.parametrize(
    "switches",
    [
        {"no_count": "ignore"},
        {"no_count": "refuse"},
        {"no_filter": "ignore"},
        {"no_filter": "refuse"},
        {"no_orderby": "ignore"},
        {"no_orderby": "refuse"},
        {"no_filter": "ignore", "no_orderby": "ignore", "no_count": "ignore"},
        {"no_select": "ignore", "no_orderby": "refuse"},
        {"hidden": {"TimeEntries": ["Date"]}},
        {"numbers": "string", "annotations": "4.01"},
        {"value_tokens": True, "empty_pages": True},
    ],
    ids=str,
)
def test_services_that_lack_an_option_lose_nothing(
    account: Account, switches: dict[str, Any]
) -> None:
    account.world.switch(**switches)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    if "no_filter" in switches:
        assert len([one for one in asked_slices(account) if "lt" in one or "null" in one]) == 0
    if {"no_count", "numbers", "value_tokens"} & switches.keys() and "no_filter" not in switches:
        assert len(asked_slices(account)) > 2, "it filters and sorts: that is enough"


def test_a_service_whose_links_expire_and_that_does_not_filter_is_given_up(
    account: Account,
) -> None:
    """Each new beginning is the very beginning: that has to end some time."""
    account.world.switch(no_filter="ignore", token_ttl=2)
    run = account.run(page_size=50, before=lambda tap: stop_after(tap, 60), **ONLY)
    assert run.code == 1
    assert len(account.asked("TimeEntries")) < 60


# -- dates of other types --------------------------------------------------------------------------


@pytest.fixture
def redated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Account]]:
    """Start a company whose TimeEntries.Date is of another type."""
    running: list[sandbox.Sandbox] = []

    def redating(
        kind: str, spell: Callable[[int, str], str], *, nullable: bool = True, entries: int = 300
    ) -> Account:
        one = model.STORED["time_entries"]
        properties = [
            replace(each, type=kind, nullable=nullable) if each.name == "Date" else each
            for each in one.type.properties
        ]
        changed = replace(one, type=replace(one.type, properties=tuple(properties)))
        others = [set_ for set_ in model.STORED.values() if set_.table != "time_entries"]
        monkeypatch.setattr(model, "STORED", model.STORED | {"time_entries": changed})
        served = [changed, *(set_ for set_ in others if set_.table != "allocations")]
        monkeypatch.setattr(model, "_SETS", tuple(served))
        running.append(sandbox.start(now=NOW, entries=entries))
        account = Account(running[0])
        for number, row in enumerate(account.world.rows("time_entries")):
            day = row["Date"] or (None if nullable else "2026-08-01")
            account.world.edit_entry(str(row["ID"]), Date=day and spell(number, str(day)))
        return account

    yield redating
    for one in running:
        one.close()


TIMES = ("00:00:00Z", "23:59:59.9999999Z", "01:30:00+02:00", "22:30:00-02:00", "12:00:00.5Z")


@pytest.mark.parametrize("workers", [1, 8])
def test_dates_that_are_timestamps(redated: Callable[..., Account], workers: int) -> None:
    account = redated("Edm.DateTimeOffset", lambda number, day: f"{day}T{TIMES[number % 5]}")
    for timestamp in ("0001-01-01T00:00:00Z", "2030-01-01T00:00:00Z"):
        account.world.insert_entry(Date=timestamp)
    run = account.run(page_size=7, max_concurrency=workers, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert copied(run).differences(account.world, ENTRIES) == {}
    assert run.schema("time_entries")["Date"]["format"] == "date-time"
    assert len(asked_slices(account)) > 3
    assert bookmark_of(run.state) == "2026-09-15T12:30:00Z"
    for timestamp in ("2026-09-15T12:29:59Z", "2026-09-15T12:30:00Z"):
        account.world.insert_entry(Date=timestamp)
    account.world.advance(86_400)
    later = account.run(page_size=7, state=run.state, lookback_days=0, **ONLY)
    now = [
        row
        for row in true_rows(account.world, "time_entries")
        if row["Date"] is None or timestamp_of(row["Date"]) >= NOW
    ]
    assert_each_once(later, now)
    assert 0 < len(now) < 100


def bookmark_of(state: dict[str, Any]) -> object:
    return state["bookmarks"]["time_entries"]["replication_key_value"]


@pytest.mark.parametrize(
    "spell",
    [
        lambda _, day: day,
        lambda _, day: f"{day}T00:00:00",
        lambda number, day: f"{day}T08:00:00Z" if number % 2 else day,
        lambda _, day: f"{day} 00:00",
    ],
    ids=["date", "date and midnight", "mixed", "date and time"],
)
def test_dates_that_are_texts(
    redated: Callable[..., Account], spell: Callable[[int, str], str]
) -> None:
    account = redated("Edm.String", spell)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert copied(run).differences(account.world, ENTRIES) == {}


@pytest.mark.parametrize("odd", ["", "unknown", "31.12.2026", "12/31/1999", "9999-99-99"])
def test_dates_that_are_no_dates(redated: Callable[..., Account], odd: str) -> None:
    account = redated("Edm.String", lambda number, day: odd if number % 10 == 3 else day)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))


def test_dates_that_are_always_there(redated: Callable[..., Account]) -> None:
    account = redated("Edm.Date", lambda _, day: day, nullable=False)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, true_rows(account.world, "time_entries"))
    assert len(asked_slices(account)) > 3
    account.run(page_size=7, state=run.state, **ONLY).ok()
    assert not any("null" in one for one in asked_slices(account)), "there are none to ask for"


# -- cut off, and begun again ----------------------------------------------------------------------

SIZE = 15


@pytest.fixture(scope="module")
def steady() -> Iterator[Account]:
    """A company that does not change."""
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)


@pytest.fixture(scope="module")
def twin() -> Iterator[Account]:
    """The same company on another server, which no late request of a run before can reach."""
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)


def stop_after(tap: Any, requests: int, *, stop: str = "error") -> None:
    """Have a tap stopped when it sent some requests for entries."""
    sent = 0
    send = tap.session.send

    def sending(request: Request, cost: Cost | None = None) -> Response:
        nonlocal sent
        if "TimeEntries" in str(request):
            sent += 1
            if sent > requests and stop == "error":
                raise InterruptedRunError("interrupted")
            if sent == requests + 1:
                tap.interrupt(signal.SIGTERM)
        found: Response = send(request, cost)
        return found

    tap.session.send = sending


def done_slices(state: dict[str, Any], table: str = "time_entries") -> list[str]:
    under_way = state.get("bookmarks", {}).get(table, {}).get("walk") or {}
    return list(under_way.get("done", []))


def in_slice(name: str, day: str | None) -> bool:
    if name == "none":
        return day is None
    low, _, high = name.partition("..")
    return day is not None and low <= day < (high or "a")


def pages_of(account: Account) -> int:
    """Return how many requests a whole read of the entries takes."""
    account.reset()
    account.run(page_size=SIZE, max_concurrency=1, **ONLY).ok()
    return len(account.asked("TimeEntries"))


@pytest.mark.parametrize("how", ["reset", "truncate_body", "error", "signal"])
def test_a_load_that_is_cut_off_anywhere_goes_on_with_the_slices_that_are_left(
    steady: Account, twin: Account, how: str
) -> None:
    whole = pages_of(steady)
    kept_slices = []
    for after in range(whole):
        options: dict[str, Any] = {"page_size": SIZE, "max_retries": 0, **ONLY, **VERSIONS}
        if how in {"error", "signal"}:
            options["before"] = lambda tap, n=after: stop_after(tap, n, stop=how)
        else:
            steady.fault("/TimeEntries", how, after=after)
        held = Copy()
        first = held.load(steady.run(max_concurrency=1, **options))
        steady.mended()
        options.pop("before", None)
        assert first.code == (143 if how == "signal" else 1), after
        assert not first.versioned, "nothing may be called deleted yet"
        entries = first.state["bookmarks"].get("time_entries", {})
        assert "replication_key_value" not in entries, "a bookmark does not speak for a part"
        done = done_slices(first.state)
        assert done == done_slices(first.state, "time_entry_custom_fields")
        twin.reset()
        second = held.load(twin.run(state=first.state, **options).ok())
        assert held.differences(twin.world, ENTRIES) == {}, after
        dates = {row["Date"] for row in second.records("time_entries")}
        assert not any(in_slice(name, day) for name in done for day in dates), after
        assert len(twin.asked("TimeEntries")) <= whole, after
        mark = second.state["bookmarks"]["time_entries"]
        assert mark["replication_key_value"] == "2026-09-15T12:30:00Z"
        assert done_slices(second.state) == []
        assert sorted(second.versioned) == ENTRIES
        kept = {message["version"] for run in (first, second) for message in run.of("RECORD")}
        assert len(kept) == 1 or not done, "rows of both runs are of one version"
        kept_slices.append(len(done))
    assert max(kept_slices) > 2, "all slices that were read, not only the first"
    if how in {"error", "signal"}:
        assert kept_slices == sorted(kept_slices), "the later it ends, the more is done"
        assert kept_slices[-1] > 4
    assert sum(map(bool, kept_slices)) > whole // 3


def test_a_load_whose_last_slice_failed_goes_on_with_it(steady: Account) -> None:
    whole = pages_of(steady)
    options: dict[str, Any] = {"page_size": SIZE, "max_retries": 0, "max_concurrency": 1, **ONLY}
    steady.fault("/TimeEntries", "reset", after=whole - 1)
    first = steady.run(**options)
    steady.mended()
    second = steady.run(state=first.state, **options).ok()
    assert len(first.records("time_entries")) > 250
    assert len(second.records("time_entries")) < 150


def test_any_state_that_was_written_serves_to_go_on(
    steady: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a target keeps when the tap is killed: the messages up to some STATE."""
    monkeypatch.setattr("taps_common.sync.checkpoints.STATE_EVERY", 0.0)
    run = steady.run(page_size=SIZE, **ONLY, **VERSIONS).ok()
    lines = run.output.splitlines(keepends=True)
    states = [number for number, line in enumerate(lines) if b'"STATE"' in line]
    assert len(states) > 4
    counts = set()
    for number in states:
        kept = Run(b"".join(lines[: number + 1]), "", 0, number=run.number)
        held = Copy()
        held.load(kept)
        rest = held.load(steady.run(page_size=SIZE, state=kept.state, **ONLY, **VERSIONS).ok())
        assert held.differences(steady.world, ENTRIES) == {}, number
        counts.add(len(rest.records("time_entries")))
    assert len(counts) > 3, "the later it was killed, the less is left"


def test_a_load_goes_on_although_rows_came_in_meanwhile(start: Callable[..., Account]) -> None:
    account = start(entries=300)
    world = account.world
    account.fault("/TimeEntries", "reset", after=14)
    held = Copy()
    first = held.load(account.run(page_size=SIZE, max_concurrency=1, max_retries=0, **ONLY))
    account.mended()
    done = done_slices(first.state)
    assert done
    world.advance(3600)
    for day in ("2026-09-20", "2026-09-15", "2019-01-01", None):
        world.insert_entry(Date=day)
    second = held.load(account.run(page_size=SIZE, state=first.state, **ONLY).ok())
    third = held.load(account.run(page_size=SIZE, state=second.state, **ONLY).ok())
    late = {"2019-01-01"} if any(in_slice(name, "2019-01-01") for name in done) else set()
    missing = {row["ID"]: row["Date"] for row in true_rows(world, "time_entries")}
    for row in held.rows("time_entries"):
        missing.pop(row["ID"])
    assert set(missing.values()) <= late, "dated long before the look-back, into a slice done"
    assert done_slices(third.state) == []


@pytest.mark.parametrize("size", [7, 30, 1000])
def test_a_load_goes_on_with_pages_of_another_size(
    start: Callable[..., Account], size: int
) -> None:
    """Other pages are cut at other borders; nothing may fall between the old ones and the new."""
    account = start(entries=300)
    account.fault("/TimeEntries", "reset", after=14)
    held = Copy()
    first = held.load(account.run(page_size=SIZE, max_concurrency=1, max_retries=0, **ONLY))
    account.mended()
    assert done_slices(first.state)
    held.load(account.run(page_size=size, state=first.state, **ONLY).ok())
    assert held.differences(account.world, ENTRIES) == {}


def test_other_dates_in_the_settings_begin_a_load_anew(start: Callable[..., Account]) -> None:
    account = start(entries=300)
    account.fault("/TimeEntries", "reset", after=14)
    options: dict[str, Any] = {"page_size": SIZE, "max_concurrency": 1, "max_retries": 0, **ONLY}
    first = account.run(start_date="2026-07-01", **options)
    account.mended()
    assert done_slices(first.state)
    held = Copy()
    held.load(account.run(state=first.state, **options).ok())
    assert held.differences(account.world, ENTRIES) == {}


def test_a_full_table_never_goes_on_but_begins_anew(start: Callable[..., Account]) -> None:
    account = start(entries=300)
    catalog = account.catalog(ENTRIES, full=ENTRIES)
    options: dict[str, Any] = {"page_size": SIZE, "catalog": catalog, **VERSIONS}
    held = Copy()
    account.fault("/TimeEntries", "reset", after=14)
    first = held.load(account.run(max_concurrency=1, max_retries=0, **options))
    account.mended()
    assert first.code == 1
    assert first.versioned == []
    gone = true_rows(account.world, "time_entries")[0]["ID"]
    account.world.delete_entry(gone)
    account.world.advance(60)
    second = held.load(account.run(state=first.state, **options).ok())
    assert sorted(second.versioned) == ENTRIES
    assert len(second.records("time_entries")) == 299
    assert held.differences(account.world, ENTRIES) == {}


def test_a_version_comes_after_all_slices_and_is_theirs(start: Callable[..., Account]) -> None:
    account = start(entries=300)
    held = Copy()
    held.load(account.run(page_size=7, **ONLY, **VERSIONS).ok())
    for row in true_rows(account.world, "time_entries")[::7]:
        account.world.delete_entry(row["ID"])
    account.world.advance(60)
    run = held.load(account.run(page_size=7, max_concurrency=8, **ONLY, **VERSIONS).ok())
    assert held.differences(account.world, ENTRIES) == {}
    kinds = [message["type"] for message in run.messages if message["type"] != "STATE"]
    assert kinds[-2:] == ["ACTIVATE_VERSION", "ACTIVATE_VERSION"]
    assert kinds.count("ACTIVATE_VERSION") == 2
    assert len({m["version"] for m in run.of("RECORD") + run.of("ACTIVATE_VERSION")}) == 1


def test_slices_that_lost_too_many_rows_are_all_read_again(start: Callable[..., Account]) -> None:
    """No bookmark before the version is active: nothing would ask for the rest again."""
    account = start()
    given: dict[str, Any] = {"entity_sets": ["TimeEntries"], "page_size": 10, **VERSIONS}
    state = account.run(**given).ok().state
    for name in ("replication_key", "replication_key_value"):
        del state["bookmarks"]["time_entries"][name]
    for row in true_rows(account.world, "time_entries")[5:]:
        account.world.delete_entry(row["ID"])
    for _ in range(2):
        run = account.run(state=state, **given)
        state = run.state
        assert (run.code, run.versioned) == (1, []), "nor what is made of the same pages"
        assert "time_entries shrank from 300 to 5 rows" in run.log
        assert "replication_key_value" not in state["bookmarks"]["time_entries"]
    assert "time_entries" in account.run(state=state, max_shrink=100, **given).ok().versioned


@pytest.mark.parametrize("bounds", [{"start_date": "2026-07-01"}, {"end_date": "2026-09-30"}])
def test_a_bounded_read_has_no_version(account: Account, bounds: dict[str, Any]) -> None:
    run = account.run(page_size=7, **ONLY, **VERSIONS, **bounds).ok()
    assert run.versioned == []


def test_a_slice_that_fails_keeps_the_version_and_the_bookmark_back(account: Account) -> None:
    account.fault("/TimeEntries", "status", code=500, after=12, times=1)
    run = account.run(page_size=7, max_retries=0, **ONLY, **VERSIONS)
    assert run.code == 1
    assert run.versioned == []
    assert "replication_key_value" not in run.state["bookmarks"].get("time_entries", {})
    account.mended()
    held = Copy()
    held.load(run)
    held.load(account.run(page_size=7, state=run.state, **ONLY, **VERSIONS).ok())
    assert held.differences(account.world, ENTRIES) == {}
