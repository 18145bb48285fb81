"""`make live`: what it asks, what it never shows, and which lines of the docs it settles."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from sandbox.clicktime import truth as clicktime_truth
from scripts.live import __main__ as live
from scripts.live.page import ROOT, Page, form, lines_of, redacted
from scripts.live.taps import TAPS
from scripts.live.wire import READING_POSTS, Probe
from taps_common.errors import ShapeError
from taps_common.http.request import Request
from tests.clicktime.runs import THINGS
from tests.clicktime.runs import Account as ClickTime
from tests.clockify.runs import Account as Clockify
from tests.common.doubles import Answer, Server
from tests.common.runs import NOW
from tests.perform.runs import Account as Perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

    from tests.common.runs import AnyAccount

ACCOUNTS: dict[str, type[AnyAccount]] = {
    "clockify": Clockify,
    "clicktime": ClickTime,
    "perform": Perform,
}
each_service = pytest.mark.parametrize("service", TAPS)


def asked(service: str, **config: Any) -> Page:
    tap = TAPS[service].asked(config=config)
    return live.page_of(service, tap)


# -- the docs --------------------------------------------------------------------------------------


@each_service
def test_each_line_that_is_not_known_is_asked_for_or_says_why_not(service: str) -> None:
    lines = lines_of(service)
    assert lines
    for line in lines:
        assert bool(line.asked) != bool(line.not_askable), line.number
    assert {name for line in lines for name in line.asked} == {*TAPS[service].questions}


def test_nothing_but_a_person_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (ROOT / ".ci" / "run", *(ROOT / ".github").rglob("*.yml")):
        assert "live" not in path.read_text().split(), path
    monkeypatch.setattr(sys, "argv", ["live"])
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit, match="not for CI"):
        live.main()


def test_without_a_key_it_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["live"])
    for name in ("CI", *(key for one in TAPS.values() for key in one.keys)):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match=r"TAP_CLOCKIFY_API_KEY.*TAP_PERFORM_PROJECTS"):
        live.main()


# -- over the sandbox ------------------------------------------------------------------------------


@pytest.fixture(params=ACCOUNTS)
def pages(request: pytest.FixtureRequest) -> Iterator[tuple[str, AnyAccount, Page]]:
    service = request.param
    with sandbox.start(now=NOW, entries=300) as running:
        account = ACCOUNTS[service](running)
        yield service, account, asked(service, **account.config())


def values_of(account: Any, service: str) -> set[str]:
    """Return all texts that rows hold, of a length that is no accident."""
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        elif isinstance(value, str) and len(value) > 8:
            found.add(value)

    if service == "clicktime":
        for table in clicktime_truth.TABLES:
            collect(clicktime_truth.rows(account.world, table))
    else:
        for message in account.run().ok().of("RECORD"):
            collect(message["record"])
    return found


NO_DATA = re.compile(r"[A-Z_]+(?:_\d{4})?|Approved|Submitted|quantity_progress|Equipment")
"""Values that are words of the service's own, too: plans, features, states, clips, headings."""


def test_every_question_is_answered_and_no_value_is_on_the_page(
    pages: tuple[str, AnyAccount, Page],
) -> None:
    service, account, page = pages
    text = page.text
    assert page.found.keys() == TAPS[service].questions.keys()
    assert "was not understood" not in text
    assert "could not be asked" not in text
    assert all(page.found.values()), "each found something"
    posted = [one.path for one in account.running.requests if one.method != "GET"]
    assert all(path.endswith(("/time-entries/batch", "/reports/summary")) for path in posted)
    for line in page.lines:
        if line.asked:
            assert f"Settles line {line.number} of docs/{service}/unknown.md" in text
    shown = [value for value in values_of(account, service) if value in text]
    assert [value for value in shown if not NO_DATA.fullmatch(value)] == []
    assert account.running.url.partition("://")[2] not in text


def test_what_the_sandbox_does_is_what_the_page_says(
    pages: tuple[str, AnyAccount, Page],
) -> None:
    service, _, page = pages
    expected = {
        "clockify": [
            "workspace 1: /tags with page-size 5001: 400 (code 501), 0 rows",
            "workspace 1: bounds are read in UTC; the owner's is not UTC",
            "workspace 2: custom_fields (CUSTOM_FIELDS, which the plan lacks): 403 (code 1006)",
        ],
        "clicktime": [
            "auth_method token: 200",
            "Timesheets, maxpagesize=2: 200, 2 rows, a link, applied: odata.maxpagesize=2",
            "absolute; differs from service_url in: none; parameters: $skiptoken",
            "$orderby=ID desc: 100 rows, the key falls",
        ],
        "perform": [
            "activity_export was ready: 200",
            "applicable_rates: Resource Name | Resource Role | Usage Code | Rate | Effective From",
        ],
    }
    for sentence in expected[service]:
        assert f"- {sentence}\n" in page.text


def test_the_suite_says_which_tests_failed_and_not_what_they_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with sandbox.start(now=NOW, entries=60) as running:
        account = ClickTime(running)
        monkeypatch.setenv("TAP_CLICKTIME_SERVICE_URL", account.url)
        monkeypatch.setenv("TAP_CLICKTIME_API_TOKEN", "sandbox-token")
        monkeypatch.setenv("TAP_CLICKTIME_ENTITY_SETS", '["Tasks", "Jobs"]')
        (passed,) = live.suite_of("clicktime")
        assert re.fullmatch(r"\d\d+ passed(?:, \d+ skipped)?", passed)
        monkeypatch.setenv("TAP_CLICKTIME_MAX_RETRIES", "0")
        account.fault("/odata/Jobs", "status", code=404, times=0)
        counted, *failed = live.suite_of("clicktime")
        assert "failed" in counted
        assert failed
        assert all(re.fullmatch(r"failed: \w+(?:\[[\w.]+\])?", line) for line in failed)


# -- over a server that does everything otherwise --------------------------------------------------


class Otherwise(Server):
    """Answers by a function of path and query, and knows no account."""

    route: Callable[[str, dict[str, str]], Answer]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.script = [self.route(handler.path, headers)]
        super().answer(handler)


@pytest.fixture
def otherwise() -> Iterator[Otherwise]:
    one = Otherwise()
    yield one
    one.stop()


def told(page: Page) -> list[str]:
    return [finding for findings in page.found.values() for finding in findings]


def test_a_service_that_refuses_ignores_and_names_its_inside(otherwise: Otherwise) -> None:
    rows = [{"ID": f"s3cret-{number}", "At": "2024-03-10 02:30:00z"} for number in range(3)]

    def route(path: str, headers: dict[str, str]) -> Answer:
        if path == "/$metadata":
            basic = headers["authorization"].startswith("Basic")
            return Answer(body=THINGS) if basic else Answer(status=401)
        if "prefer" in headers:
            return Answer(status=400)
        if "orderby" in path:
            return Answer(status=500)
        if "%24count" in path or "/$count" in path:
            return Answer(status=501)
        link = "http://inside.example:8080/Things?page=2"
        return Answer(body=json.dumps({"value": rows, "@odata.nextLink": link}).encode())

    otherwise.route = route
    page = asked("clicktime", service_url=otherwise.url, api_token="t0ken-value", max_retries=0)
    found = told(page)
    assert "auth_method token: 401" in found
    assert "Things, maxpagesize=2: 400, 0 rows, no link, applied: nothing" in found
    assert "Things, no preference: 200, 3 rows, a link, applied: nothing" in found
    assert page.found["links"][0] == (
        'absolute; differs from service_url in: host, port; parameters: "aaaa"'
    )
    assert "followed: 200, 3 rows, 3 of them came before" in found
    assert "$orderby: 500, 0 rows of none members" in found
    assert "Things: $count=true 501 (null), /$count 501, equal: False" in found
    assert 'Things, Edm.DateTimeOffset: "9999-99-99 99:99:99a"' in found
    assert not any(word in page.text for word in ("s3cret", "inside", "t0ken-value", "127.0.0.1"))


def test_a_service_that_wants_fewer_requests_is_not_asked_on(otherwise: Otherwise) -> None:
    otherwise.route = lambda path, _: (
        Answer(body=b'[{"id":"w","name":"n"}]')
        if path.endswith("/workspaces")
        else Answer(status=429, headers={"Retry-After": "9"})
    )
    page = asked("clockify", api_key="key-value", api_url=otherwise.url, max_retries=0)
    assert "the service wants fewer requests (429)" in page.found["page size"][-1]
    assert "1 of those 429 had Retry-After" in page.found["limits"]
    assert "headers about limits: retry-after" in page.found["limits"]
    assert len(otherwise.seen) < 5


def test_clips_that_are_stale_headless_or_spelled_otherwise(otherwise: Otherwise) -> None:
    bodies = {
        "/a": Answer(status=409, body=b"Dataclip Stale", headers={"Retry-After": "60"}),
        "/b": Answer(body="Name;Tag;t;Betrag\r\nJürg Müller;31/01/2026;t;1.234,50 €\r\n".encode()),
        "/c": Answer(body=b'{"fields":["Rate"],"values":[["2026-01-31 10:00:00 UTC"]]}'),
        "/d": Answer(status=404),
    }
    otherwise.route = lambda path, _: bodies[path]
    names = {"/a": "activity_export", "/b": "rates", "/c": "applicable_rates", "/d": "discussion"}
    clips = {name: f"{otherwise.url}{path}" for path, name in names.items()}
    project = {"name": "Secret Bridge", "username": "user-x", "password": "pass-x"}
    page = asked("perform", projects=[{**project, "dataclips": clips}], max_retries=0)
    assert page.found["stale"][0].startswith("activity_export is stale: 409, type none, 14 bytes")
    assert page.found["stale"][0].endswith(", Retry-After")
    assert "discussion is no stale answer: 404" in page.found["stale"][3]
    assert "another clip: 4 columns" in page.found["headings"]
    assert (
        "CSV with ';', 4 columns, 1 rows looked at, lines end in CR LF" in page.found["format"][0]
    )
    assert 'another clip, column 2: "99/99/9999"; above 12: part 1, part 3' in page.found["dates"]
    assert 'applicable_rates, column 1: "9999-99-99 99:99:99 aTa"' in page.found["dates"][1]
    assert 'another clip: t, "9.9,9 ?"' in page.found["numbers"]
    assert not any(word in page.text for word in ("Jürg", "Betrag", "Secret", "user-x", "pass-x"))


def test_what_might_write_is_not_sent(server: Server) -> None:
    tap = TAPS["clockify"].tap(config={"api_key": "k", "api_url": server.url})
    probe = Probe(tap)
    with pytest.raises(ShapeError, match="might write"):
        probe.ask(Request("/workspaces/{workspaceId}/tags", {"workspaceId": "w"}, body=b"{}"))
    assert server.seen == []
    assert {path.rsplit("/")[-1] for path in READING_POSTS} == {"batch", "summary"}


# -- what a page shows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2024-03-10T02:30:00.1234567Z", '"9999-99-99T99:99:99.9999999Z"'),
        ("Müller, Jürg", '"aaaaaa, aaaa"'),
        (12.5, "99.9"),
        (None, "null"),
        (True, "true"),
        ({"a": 1}, "an object"),
        ("x" * 99, "text of 99 characters"),
    ],
)
def test_a_form_tells_no_value(value: object, shown: str) -> None:
    assert form(value) == shown


def test_what_is_of_people_is_taken_out() -> None:
    text = "a@b.example 5f1e5f1e5f1e5f1e5f1e5f1e https://host/x key-1 1234567 99999999 200"
    assert redacted(text, ["key-1", ""]) == (
        "(an address) (an id) (a url) (redacted) (a number) 99999999 200"
    )


def test_the_command_writes_a_page(tmp_path: Any, otherwise: Otherwise) -> None:
    otherwise.route = lambda path, _: (
        Answer(body=THINGS) if path == "/$metadata" else Answer(body=b'{"value":[]}')
    )
    done = subprocess.run(
        [sys.executable, "-m", "scripts.live", "--no-suite", "--folder", str(tmp_path)],
        cwd=ROOT,
        env={
            "PATH": "",
            "TAP_CLICKTIME_SERVICE_URL": otherwise.url,
            "TAP_CLICKTIME_API_TOKEN": "t0ken-value",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "live-clicktime.md").read_text()
    assert page in done.stdout
    assert "t0ken-value" not in done.stdout + done.stderr
