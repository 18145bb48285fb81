"""Lists that end early or move while they are read: each row arrives, or the table fails.

The service is made of the standard alone: offset tokens, counts, `$skip` and `$filter` by key. What
is true is its own table at the end of a run.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from tap_clicktime.tap import TapClickTime
from taps_common.errors import StatusError
from taps_common.http.cost import Cost
from taps_common.http.request import Response
from tests.clicktime.runs import VERSIONS
from tests.common.runs import NOW, Run, TurningClock, run_in_process, turning

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.http.request import Request

ROOT = "https://made.up"
DAY_0 = datetime(2026, 1, 1, tzinfo=timezone.utc)
JOBS = b"""<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices><Schema Namespace="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Job">%b<Property Name="ID" Type="Edm.String" Nullable="false"/>
<Property Name="Name" Type="Edm.String"/>%b</EntityType>
<EntityContainer Name="C"><EntitySet Name="Jobs" EntityType="S.Job"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""
KEY = b'<Key><PropertyRef Name="ID"/></Key>'
STAMP = b'<Property Name="ModifiedDate" Type="Edm.DateTimeOffset"/>'


def no_change(_: Service) -> None:
    """Leave the table as it is."""


@dataclass
class Service:
    """One list of jobs behind offset tokens.

    Attributes:
        jobs: stamp of each job, by its id.
        page: most rows of a page.
        keys: most rows of a page of keys; 0 is as of any other.
        links: whether a page that is not the last names the next one.
        counts: what `$count=true` brings, from the number of rows there are and of the page; None
            is nothing.
        skips: whether `$skip` is heeded.
        sorts: whether `$orderby` is heeded; jobs are in the order of their stamps otherwise.
        compares: whether `gt` of `$filter` is heeded.
        refuses: query options, or headers, that are refused, and the status.
        keyed: whether the set declares a key.
        stamped: whether jobs have a modification stamp.
        twice: a job that the list holds twice.
        change: what happens before some request for jobs, by its number.
        asked: the query options of each request for jobs.
    """

    jobs: dict[str, datetime]
    page: int = 500
    keys: int = 0
    links: bool = True
    counts: Callable[[int, int], object] = lambda total, _: total
    skips: bool = True
    sorts: bool = True
    compares: bool = True
    refuses: dict[str, int] = field(default_factory=dict)
    change: dict[int, Callable[[Service], None]] = field(default_factory=dict)
    keyed: bool = True
    stamped: bool = False
    twice: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    spent: Cost = field(default_factory=Cost)
    waits_until: float = float("-inf")
    _tokens: list[dict[str, str]] = field(default_factory=list)

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        """Answer a request."""
        (cost or Cost()).add(requests=1)
        if request.path == "/$metadata":
            key, stamp = KEY if self.keyed else b"", STAMP if self.stamped else b""
            return Response(JOBS % (key, stamp), {})
        link = request.link
        options = self._tokens[int(link.rpartition("=")[2])] if link else dict(request.params)
        for name, status in self.refuses.items():
            if (name in options and not link) or name in request.headers:
                raise StatusError("refused", status=status, code=None)
        if "$top" not in options:
            self.asked.append(options)
            self.change.get(len(self.asked), no_change)(self)
        there = [*self.jobs, *filter(None, [self.twice])]
        found = [row for row in map(self._row, there) if self._holds(options, row)]
        order, _, descending = options.get("$orderby", "ID").partition(" ")
        if self.sorts:
            names = order.split(",")
            found.sort(key=itemgetter(*names), reverse=bool(descending))
        else:
            found.sort(key=lambda row: self.jobs[row["ID"]])
        names = options.get("$select", "").split(",")
        begin = int(options.get("$skip", 0)) if self.skips or link else 0
        size = (options.get("$select") == "ID" and self.keys) or self.page
        rows = found[begin : begin + size]
        if "$select" in options:
            rows = [{name: row[name] for name in names} for row in rows]
        body: dict[str, Any] = {"value": rows}
        if "$count" in options and (told := self.counts(len(found), len(rows))) is not None:
            body["@odata.count"] = told
        if self.links and begin + size < len(found):
            self._tokens.append(options | {"$skip": str(begin + size)})
            body["@odata.nextLink"] = f"{ROOT}/Jobs?$skiptoken={len(self._tokens) - 1}"
        return Response(json.dumps(body).encode(), {}, url=f"{ROOT}/Jobs")

    def _row(self, ident: str) -> dict[str, str]:
        row = {"ID": ident, "Name": f"Job {ident}"}
        stamp = {"ModifiedDate": self.jobs[ident].isoformat().replace("+00:00", "Z")}
        return row | (stamp if self.stamped else {})

    def _holds(self, options: dict[str, str], row: dict[str, str]) -> bool:
        condition = options.get("$filter", "")
        if keys := re.findall(r"ID eq '((?:[^']|'')*)'", condition):
            return row["ID"] in {key.replace("''", "'") for key in keys}
        since = re.search(r"ModifiedDate ge ([^ )]+)", condition)
        after = re.search(r"ID gt '((?:[^']|'')*)'", condition) if self.compares else None
        is_later = since is None or row["ModifiedDate"] >= since[1]
        return is_later and (after is None or row["ID"] > after[1].replace("''", "'"))

    def now(self) -> datetime:
        """Return the present of the run."""
        return NOW

    def close(self) -> None:
        """Nothing is open."""

    def run(self, **settings: Any) -> Run:
        """Run the tap over it."""
        kind = type("Over", (turning(TapClickTime, TurningClock(NOW)),), {"session": self})
        state = settings.pop("state", None)
        config = {"service_url": ROOT, "api_token": "t", "page_size": 500, **settings}
        return run_in_process(kind, config, state=state)


def jobs(number: int) -> dict[str, datetime]:
    """Return jobs whose ids hold what has to be escaped, none with the same stamp."""
    return {f"O'{n:05}": DAY_0 + timedelta(minutes=n) for n in range(number)}


def delete_first(service: Service) -> None:
    """Delete the first job: with offset tokens it hides the first one of the next page."""
    del service.jobs[min(service.jobs)]


def add_last(service: Service) -> None:
    """Add a job behind all others."""
    service.jobs["z"] = NOW


def add_first(service: Service) -> None:
    """Add a job before all others."""
    service.jobs["A"] = NOW


def edit_first(service: Service) -> None:
    """Edit the first job."""
    service.jobs[min(service.jobs)] = NOW


def delete_and_add(service: Service) -> None:
    """Delete a job and add one: the count stays."""
    delete_first(service)
    add_last(service)


def ids(run: Run) -> set[str]:
    """Return the ids of the jobs that arrived."""
    return {row["ID"] for row in run.records("jobs")}


def versions(run: Run) -> int:
    """Return how many table versions were activated."""
    return len(run.of("ACTIVATE_VERSION"))


# -- pages that end without a link -----------------------------------------------------------------


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("counts", [lambda n, _: n, lambda n, _: str(n), lambda n, _: float(n)])
def test_rows_behind_a_page_without_a_link_are_asked_for(
    counts: Callable[[int, int], object], keyed: bool
) -> None:
    service = Service(jobs(1200), page=100, links=False, counts=counts, keyed=keyed)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert len(run.records("jobs")) == 1200
    assert versions(run) == 1


@pytest.mark.parametrize("keyed", [True, False])
def test_a_service_that_counts_more_and_goes_on_in_no_way_fails_the_table(keyed: bool) -> None:
    service = Service(jobs(1200), page=100, links=False, skips=False, compares=False, keyed=keyed)
    run = service.run(**VERSIONS)
    assert run.code == 1
    assert "does not send the rest if that is asked for" in run.log
    assert not versions(run)
    assert len(run.records("jobs")) == 100


def test_keys_lead_to_the_rows_of_a_service_that_takes_no_skip() -> None:
    service = Service(jobs(1200), page=100, keys=5000, links=False, skips=False, compares=False)
    run = service.run(**VERSIONS).ok()
    assert len(run.records("jobs")) == 1200
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1


@pytest.mark.parametrize(
    "counts",
    [lambda n, _: min(n, 300), lambda n, _: min(n, 100), lambda _, page: page, lambda *_: 3],
    ids=["limited", "to a page", "its own", "too low"],
)
@pytest.mark.parametrize("keyed", [True, False])
def test_a_count_that_is_too_low_hides_no_row(
    counts: Callable[[int, int], object], keyed: bool
) -> None:
    service = Service(jobs(1250), page=100, links=False, counts=counts, keyed=keyed)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1


def test_a_count_below_the_rows_of_a_page_is_none() -> None:
    service = Service(jobs(250), page=90, links=False, counts=lambda *_: 3)
    assert ids(service.run(**VERSIONS).ok()) == {*service.jobs}


def test_a_count_that_ignores_the_filter_is_said_and_keeps_nothing_back() -> None:
    service = Service(jobs(900), stamped=True, counts=lambda *_: 900)
    run = service.run().ok()
    add_last(service)
    later = service.run(state=run.state).ok()
    assert "z" in ids(later)
    assert "counts more rows than it sends" in later.log
    assert later.state != run.state


def test_skip_that_is_refused_fails_the_table_too() -> None:
    service = Service(jobs(1200), page=100, links=False, refuses={"$skip": 400}, compares=False)
    run = service.run(**VERSIONS)
    assert run.code == 1
    assert not versions(run)


def test_a_count_of_rows_that_nobody_may_see_is_no_failure_and_no_proof() -> None:
    service = Service(jobs(90), counts=lambda total, _: total + 5)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert not versions(run)
    assert run.log.count("counts more rows than it sends") >= 1


def test_a_count_costs_no_request() -> None:
    service = Service(jobs(90))
    service.run().ok()
    assert len(service.asked) == 1


@pytest.mark.parametrize("page", [37, 50])
def test_a_count_that_is_the_pages_own_deletes_nothing(page: int) -> None:
    service = Service(jobs(170), page=page, links=False, counts=lambda _, there: there)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1


# -- services that do not count --------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 501, 500])
def test_a_service_that_refuses_to_count_is_read_without(status: int) -> None:
    service = Service(jobs(700), refuses={"$count": status})
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1
    assert run.log.count("the service takes no $count") == 1


@pytest.mark.parametrize("told", [None, -1, "many", "", [], 12.5])
def test_what_is_no_number_of_rows_counts_nothing(told: object) -> None:
    service = Service(jobs(700), counts=lambda *_: told)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1


def test_without_a_count_skip_shows_whether_there_is_more() -> None:
    service = Service(jobs(250), page=100, links=False, counts=lambda *_: None)
    assert ids(service.run(**VERSIONS).ok()) == {*service.jobs}


@pytest.mark.parametrize("refuses", [{}, {"$skip": 400}, {"$skip": 500, "$count": 400}])
@pytest.mark.parametrize("page", [100, 37])
def test_without_a_count_and_skip_the_list_goes_on_by_key(
    refuses: dict[str, int], page: int
) -> None:
    service = Service(jobs(190), page=page, links=False, counts=lambda *_: None, skips=False)
    service.refuses = refuses
    run = service.run(**VERSIONS).ok()
    assert len(run.records("jobs")) == 190
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1
    assert "could not be verified" not in run.log


def test_an_incremental_run_goes_on_by_key_too() -> None:
    service = Service(
        {"m": DAY_0}, page=50, stamped=True, links=False, counts=lambda *_: None, skips=False
    )
    state = service.run().ok().state
    service.jobs |= dict(zip(jobs(130), reversed(jobs(130).values()), strict=True))
    run = service.run(state=state).ok()
    assert ids(run) >= {*service.jobs} - {"m"}
    assert run.state != state


@pytest.mark.parametrize(
    "counts", [lambda n, _: n, lambda _, page: page, lambda *_: 3], ids=["right", "its own", "low"]
)
def test_no_count_hides_rows_from_a_list_that_goes_on_by_key(
    counts: Callable[[int, int], object],
) -> None:
    service = Service(jobs(190), page=50, links=False, counts=counts, skips=False)
    run = service.run().ok()
    assert ids(run) == {*service.jobs}


def test_a_count_that_is_too_high_is_said_where_the_list_ends_by_key() -> None:
    service = Service(jobs(90), links=False, counts=lambda n, _: n + 3, skips=False)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert "counts more rows than it sends" in run.log
    assert not versions(run)


@pytest.mark.parametrize("cannot", ["sorts", "compares", "keyed"])
@pytest.mark.parametrize("count", [130, 100])
def test_a_full_page_that_nothing_continues_fails_the_table(cannot: str, count: int) -> None:
    shuffled = dict(zip(jobs(count), reversed(jobs(count).values()), strict=True))
    service = Service(shuffled, page=50, links=False, counts=lambda *_: None, skips=False)
    setattr(service, cannot, False)
    run = service.run()
    assert run.code == 1
    assert "a full page came without a link" in run.log


@pytest.mark.parametrize("options", [["$filter"], ["$orderby"]])
def test_a_full_page_of_a_service_that_refuses_to_go_on_fails_the_table(options: list[str]) -> None:
    service = Service(jobs(130), page=50, links=False, counts=lambda *_: None, skips=False)
    service.refuses = dict.fromkeys(options, 400)
    run = service.run()
    assert run.code == 1
    assert "a full page came without a link" in run.log


def test_a_short_page_that_nothing_can_verify_is_said_once() -> None:
    service = Service(jobs(90), counts=lambda *_: None, skips=False, compares=False, sorts=False)
    service.jobs = dict(zip(jobs(90), reversed(jobs(90).values()), strict=True))
    run = service.run(**VERSIONS).ok()
    assert versions(run) == 1
    assert run.log.count("could not be verified") == 1


@pytest.mark.parametrize(
    "counts", [lambda _, page: page, lambda n, page: n if page < 500 else None]
)
def test_the_count_of_a_page_and_one_that_comes_late_are_no_failure(
    counts: Callable[[int, int], object],
) -> None:
    service = Service(jobs(1200), counts=counts)
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1


@pytest.mark.parametrize("status", [400, 500])
def test_a_page_size_that_is_refused_is_not_asked_for(status: int) -> None:
    service = Service(jobs(190), page=50, links=False, refuses={"Prefer": status})
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1
    assert run.log.count("the service takes no page_size (500)") == 1


# -- rows that move between pages ------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [edit_first, delete_first, delete_and_add, add_first, add_last],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize("told", [True, False])
def test_nothing_hides_while_pages_are_read(
    change: Callable[[Service], None], stamped: bool, told: bool
) -> None:
    counts = (lambda total, _: total) if told else (lambda *_: None)
    service = Service(jobs(700), change={2: change}, stamped=stamped, counts=counts)
    before = {*service.jobs}
    run = service.run(**VERSIONS).ok()
    assert ids(run) >= before & {*service.jobs}
    assert versions(run) == 1


@pytest.mark.parametrize(
    "change", [edit_first, delete_first, delete_and_add], ids=lambda f: f.__name__
)
def test_nothing_hides_from_an_incremental_run(change: Callable[[Service], None]) -> None:
    service = Service({"a": DAY_0}, stamped=True)
    state = service.run().ok().state
    service.jobs |= jobs(700)
    service.asked.clear()
    service.change = {2: change}
    run = service.run(state=state).ok()
    assert ids(run) >= {*service.jobs} - {"a"}


def test_a_key_that_is_not_unique_does_not_fail_for_ever() -> None:
    service = Service(jobs(700), twice="O'00499")
    run = service.run(**VERSIONS).ok()
    assert ids(run) == {*service.jobs}
    assert versions(run) == 1


def test_rows_without_a_key_that_moved_fail_and_have_no_version() -> None:
    run = Service(jobs(700), keyed=False, change={2: delete_first}).run(**VERSIONS)
    assert run.code == 1
    assert "Run it again" in run.log
    assert not versions(run)


def test_full_reads_go_by_the_key() -> None:
    service = Service(jobs(3), stamped=True)
    service.run().ok()
    assert {options["$orderby"] for options in service.asked} == {"ID"}


def test_without_versions_and_bookmark_only_what_is_odd_is_looked_at_again() -> None:
    quiet = Service(jobs(700))
    quiet.run().ok()
    assert len(quiet.asked) == 2
    service = Service(jobs(700), change={2: delete_first})
    assert ids(service.run().ok()) >= {*service.jobs}


def test_a_list_that_never_rests_fails_and_has_no_version() -> None:
    service = Service(jobs(1400), change=dict.fromkeys(range(2, 100), delete_first))
    run = service.run(**VERSIONS)
    assert run.code == 1
    assert "Run it again" in run.log
    assert not versions(run)


def refuse_to_select(service: Service) -> None:
    """Delete a job and add one; the list of keys that follows is refused."""
    delete_and_add(service)
    service.refuses["$select"] = 400


def test_keys_come_with_their_rows_where_they_cannot_be_selected() -> None:
    service = Service(jobs(700), change={2: refuse_to_select})
    run = service.run(**VERSIONS).ok()
    assert ids(run) >= {*service.jobs}
    assert versions(run) == 1


@pytest.mark.parametrize(("change", "code"), [(delete_first, 1), (delete_and_add, 0)])
def test_keys_that_cannot_be_listed_leave_no_version(
    change: Callable[[Service], None], code: int
) -> None:
    def refuse_all(service: Service) -> None:
        change(service)
        service.refuses["$orderby"] = 400

    run = Service(jobs(700), change={2: refuse_all}).run(**VERSIONS)
    assert run.code == code
    assert not versions(run)
