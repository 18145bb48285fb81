"""Where redirects may lead, and that credentials never go along."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.common.doubles import Answer
from tests.perform.clips import QUAY, TABLE, dockets, reasons
from tests.perform.runs import Account, Copy

if TYPE_CHECKING:
    from tests.common.runs import Run
    from tests.perform.clips import Clips

STORE = "https://store.example"


def read(clips: Clips, *ways: str, status: int = 302, last: Answer | None = None) -> Run:
    """Read a clip whose address redirects, and that to the next, until the last one has it."""
    clips.declared[TABLE] = {"columns": ["Docket", "Status", "Tax (%)", "Docket Date"]}
    url = clips.at(TABLE)
    for target in ways:
        clips.script[url] = [Answer(status, headers={"Location": target})]
        url = urljoin(url, target).partition("?")[0]
    clips.script[url] = [last or Answer(body=dockets())]
    return clips.run(max_retries=0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/x", True),
        ("{own}/x", True),
        ("{own}:443/x", True),
        ("{OWN}/x", True),
        ("{own}:8443/x", False),
        (f"{STORE}/x?signature=s1", False),
        ("//store.example/x", False),
        ("https://us3r:s3cret@store.example/x", False),
        ("https://{host}@store.example/x", False),
        ("https://us3r@{host}/x", False),
        ("https://{host}:port/x", False),
        ("https://store.{host}/x", False),
        ("https://{host}.store.example/x", False),
        ("https://{host}\\@store.example/x", False),
    ],
)
def test_a_redirect_is_followed_with_credentials_to_the_same_origin_only(
    clips: Clips, target: str, kept: bool, status: int
) -> None:
    host = clips.url.removeprefix("https://")
    target = target.format(own=clips.url, OWN=f"https://{host.upper()}", host=host)
    run = read(clips, target, status=status).ok()
    assert run.counts() == {TABLE: 20}
    assert [authorized for _, authorized in clips.asked] == [True, kept]
    assert "s3cret" not in run.said


def test_credentials_do_not_come_back_on_a_way_that_led_elsewhere(clips: Clips) -> None:
    back = f"{clips.url}/third?signature=x"
    assert read(clips, "/first", f"{STORE}/second", back).ok().counts() == {TABLE: 20}
    assert clips.asked == [
        (clips.at(TABLE), True),
        (f"{clips.url}/first", True),
        (f"{STORE}/second", False),
        (back, False),
    ]


@pytest.mark.parametrize("detour", [[], [f"{STORE}/y"]])
@pytest.mark.parametrize(
    "target", ["http://{host}/x", "http://store.example/x", "ftp://a.example/x"]
)
def test_a_redirect_to_where_anyone_can_read_along_is_not_followed(
    clips: Clips, target: str, detour: list[str]
) -> None:
    target = target.format(host=clips.url.removeprefix("https://"))
    run = read(clips, *detour, target)
    assert [url for url, _ in clips.asked] == [clips.at(TABLE), *detour]
    assert (run.code, run.of("RECORD")) == (1, [])
    says = f"redirects to {target.split('/')[2]}, and credentials are sent to the configured addr"
    assert says in reasons(run)[0]


def test_a_host_that_wants_credentials_elsewhere_is_no_refusal_of_them(clips: Clips) -> None:
    run = read(clips, f"{STORE}/x", last=Answer(401))
    says = "redirects to store.example, which wants credentials, and they are sent to the configu"
    assert says in reasons(run)[0]
    assert "generate dataclip credentials anew" not in run.said
    assert run.code == 1


def test_a_redirect_to_tls_is_not_followed_without_credentials(clips: Clips) -> None:
    clips.url = "http://127.0.0.1:8"  # the only host that is asked so
    run = read(clips, f"https://127.0.0.1{clips.at(TABLE).removeprefix(clips.url)}")
    assert clips.asked == [(clips.at(TABLE), True)]
    assert reasons(run)[0].endswith("configured address only. Begin the address with https://.")


def test_an_error_elsewhere_is_named_without_its_address(clips: Clips) -> None:
    refused = Answer(403, body=b"<Error>s3cret</Error>")
    run = read(clips, f"{STORE}/x?signature=s3cret", last=refused)
    assert run.code == 77
    said = f"GET dataclip {TABLE} of {QUAY} at {clips.url} answered 403 Forbidden"
    assert said in reasons(run)[0]
    assert not [word for word in ("s3cret", "signature", "store") if word in run.said]


def test_a_store_that_refuses_credentials_is_read_though_stale_first(account: Account) -> None:
    copy = Copy()
    account.world.switch(redirect="host", storage="strict", stale=2)
    copy.load(account.run(projects=account.projects(TABLE)).ok())
    assert copy.differences(account.world, [TABLE]) == {}
    stored = [one for one in account.running.requests if "/storage/" in one.path]
    assert stored
    for one in account.running.requests:
        assert one.authorized == one.host.startswith("127.0.0.1") == (one not in stored)
