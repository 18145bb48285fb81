"""Where redirects may lead, and that credentials never go along."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

import sandbox
from taps_common.http import session
from tests.common.doubles import Answer
from tests.common.runs import NOW
from tests.perform.runs import FIRST, Account, Copy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.common.doubles import Server
    from tests.common.runs import Run

TABLE = "wbs_export"
BODY = b"WBS Code,WBS Name\r\n01.02,Earth\r\n"
ELSEWHERE = "redirects to {}, and credentials are sent to the configured address only."


@cache
def catalog() -> dict[str, Any]:
    """Return what is discovered of the table."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(TABLE))


def read(account: Account, url: str, **settings: Any) -> Run:
    """Read the table from some address."""
    project = {"name": FIRST, "username": "us3r", "password": "s3cret", "dataclips": {TABLE: url}}
    return account.run(projects=[project], catalog=catalog(), **settings)


def reason(run: Run) -> str:
    (found,) = [line for line in run.log.splitlines() if line.startswith(f"{TABLE} failed")]
    return found


@pytest.mark.parametrize("target", ["host", "origin", "relative"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_where_the_rows_are_is_followed(
    account: Account, target: str, status: int
) -> None:
    world, copy = account.world, Copy()
    world.switch(redirect=target, redirect_status=status)
    copy.load(account.run(projects=account.projects(TABLE), catalog=catalog()).ok())
    assert copy.differences(world, (TABLE,)) == {}
    stored = [one for one in account.running.requests if "/storage/" in one.path]
    assert len(stored) == len(account.asked()) == 2
    assert {one.authorized for one in stored} == {target != "host"}


def test_a_store_that_refuses_credentials_is_read(account: Account) -> None:
    account.world.switch(redirect="host", storage="strict")
    copy = Copy()
    copy.load(account.run(projects=account.projects(TABLE), catalog=catalog()).ok())
    assert copy.differences(account.world, (TABLE,)) == {}
    for one in account.running.requests:
        assert one.authorized == one.host.startswith("127.0.0.1")


def test_what_is_elsewhere_may_be_stale_first(account: Account) -> None:
    account.world.switch(redirect="host", stale=2)
    copy = Copy()
    copy.load(account.run(projects=account.projects(TABLE), catalog=catalog()).ok())
    assert copy.differences(account.world, (TABLE,)) == {}


def test_credentials_do_not_come_back_on_a_way_that_led_elsewhere(
    account: Account, server: Server, other_server: Server
) -> None:
    own, other = server.url, other_server.url
    server.script = [
        Answer(302, headers={"Location": "/first"}),
        Answer(302, headers={"Location": f"{other}/second"}),
        Answer(body=BODY),
    ]
    other_server.script = [Answer(307, headers={"Location": f"{own}/third?signature=x"})]
    run = read(account, f"{own}/clip").ok()
    assert [row["wbs_code"] for row in run.records(TABLE)] == ["01.02"]
    assert [one.target for one in server.seen] == ["/clip", "/first", "/third?signature=x"]
    assert ["Authorization" in one.headers for one in server.seen] == [True, True, False]
    assert ["Authorization" in one.headers for one in other_server.seen] == [False]


@pytest.mark.parametrize(
    "location",
    [
        "//{other}/x",
        "http://us3r:s3cret@{other}/x",
        "http://{own}@{other}/x",
        "http://{own}.{other}",
    ],
)
def test_no_spelling_of_another_origin_gets_credentials(
    account: Account, server: Server, other_server: Server, location: str
) -> None:
    own, other = (one.url.removeprefix("http://") for one in (server, other_server))
    target = location.format(own=own, other=other)
    server.script = [Answer(302, headers={"Location": target})]
    other_server.script = [Answer(body=BODY)]
    run = read(account, f"{server.url}/clip", max_retries=0)
    assert not any("Authorization" in one.headers for one in other_server.seen)
    assert len(server.seen) == 1
    assert "s3cret" not in run.said


def test_an_error_elsewhere_is_named_without_its_address(
    account: Account, server: Server, other_server: Server
) -> None:
    server.script = [Answer(302, headers={"Location": f"{other_server.url}/x?signature=s3cret"})]
    other_server.script = [Answer(403, body=b"<Error>s3cret</Error>")]
    run = read(account, f"{server.url}/clip?token=t0ken")
    assert run.code == 1
    assert f"GET dataclip {TABLE} of {FIRST} at {server.url} answered 403 Forbidden" in reason(run)
    assert not [word for word in ("s3cret", "t0ken", "signature") if word in run.said]


# -- encrypted connections -------------------------------------------------------------------------


@dataclass
class Wire:
    """Stands where connections do: an address answers with a redirect, or with rows."""

    redirects: Mapping[str, str]
    seen: list[tuple[str, bool]] = field(default_factory=list)

    def request(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        assert method == "GET"
        assert options["redirect"] is False
        if ".example" in url:  # threads of an earlier run may still send
            self.seen.append((url, "Authorization" in options["headers"]))
        location = self.redirects.get(url)
        return urllib3.HTTPResponse(
            body=io.BytesIO(b"" if location else BODY),
            headers={"Location": location} if location else {},
            status=302 if location else 200,
            preload_content=False,
        )


def wired(monkeypatch: pytest.MonkeyPatch, **redirects: str) -> Wire:
    wire = Wire({f"https://{name}.example/": target for name, target in redirects.items()})
    monkeypatch.setattr(session, "connections", lambda _: wire)
    return wire


@pytest.mark.parametrize(
    "target", ["http://clips.example/", "http://store.example/x", "ftp://store.example/x"]
)
def test_a_redirect_to_where_anyone_can_read_along_is_not_followed(
    account: Account, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    wire = wired(monkeypatch, clips=target)
    run = read(account, "https://clips.example/")
    assert wire.seen == [("https://clips.example/", True)]
    host = target.split("/")[2]
    assert ELSEWHERE.format(host) in reason(run)
    assert run.code == 1


def test_a_detour_does_not_lead_from_an_encrypted_connection_either(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = wired(monkeypatch, clips="https://store.example/", store="http://clips.example/")
    assert read(account, "https://clips.example/").code == 1
    assert wire.seen == [("https://clips.example/", True), ("https://store.example/", False)]


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("https://clips.example:443/x", True),
        ("https://CLIPS.example/x", True),
        ("https://clips.example:8443/x", False),
        ("https://store.clips.example/x", False),
        ("https://clips.example.store.example/x", False),
        ("https://us3r@clips.example/x", False),
        ("https://clips.example\\@store.example/x", False),
    ],
)
def test_credentials_go_to_the_same_origin_only(
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    kept: bool,
) -> None:
    wire = wired(monkeypatch, clips=target)
    read(account, "https://clips.example/").ok()
    assert wire.seen[1:] == [(target, kept)]
