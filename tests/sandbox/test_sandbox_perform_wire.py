"""How dataclips fail, hide, break off and grow: everything but the rows."""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import time
import tracemalloc
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sandbox.perform import truth
from tests.common.runs import until
from tests.sandbox.test_sandbox_perform import FORMATS, LOGIN, Clips, basic, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.conftest import Answer, Api

STALE_FORMS = {
    "text": "text/plain",
    "sentence": "text/plain",
    "json": "application/json",
    "json_errors": "application/json",
    "html": "text/html",
    "csv_heading": "text/csv",
    "csv_row": "text/csv",
    "json_row": "application/json",
}
WINDOW = "resource_usage_export_last_10_days"


@pytest.fixture
def clips(api: Api) -> Clips:
    return Clips(api)


def rest(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.headers.get("retry-after", "")


def cut_body(clips: Clips, slug: str) -> bytes:
    """Read what comes of a body that breaks off before its announced end."""
    with pytest.raises(http.client.IncompleteRead) as caught:
        clips.get(slug)
    clips.api.connection.close()
    return bytes(caught.value.partial)


@pytest.mark.parametrize("status", [200, 202, 404, 500, 503])
def test_stale_then_good(clips: Clips, status: int) -> None:
    clips.world.set_clip("resource", 1, stale=2, stale_status=status, stale_retry_after="7")
    answers = [clips.get("resource") for _ in range(4)]
    assert [rest(one) for one in answers] == [(status, "7")] * 2 + [(200, "")] * 2
    assert [one.body == b"dataclip stale" for one in answers] == [True, True, False, False]
    assert clips.get("resource", 2).body != b"dataclip stale"
    assert clips.world.freshness.stale_answers(1, "resource") == 2


@pytest.mark.parametrize("form", STALE_FORMS)
def test_forms_of_staleness(clips: Clips, form: str) -> None:
    clips.world.switch(stale=-1, stale_form=form)
    answer = clips.get("resource")
    assert answer.headers["content-type"].split(";")[0] == STALE_FORMS[form]
    assert "dataclip stale" in answer.body.decode().lower()
    if "json" in form:
        assert answer.json
    clips.world.switch(stale_type="text/csv")
    assert clips.get("resource").headers["content-type"] == "text/csv"
    assert clips.get("resource").body == answer.body
    assert clips.get(WINDOW).body.startswith(b"Project,")


def test_stale_without_a_body(clips: Clips) -> None:
    clips.world.switch(stale=2, stale_form="empty", stale_status=202)
    assert (clips.get("resource").status, clips.get("resource").body) == (202, b"")
    clips.world.switch(stale=1, stale_form="text", stale_status=204, framing="chunked")
    answer = clips.get("resource")
    assert (answer.status, answer.body) == (204, b"")
    assert clips.get("resource").status == 200


def test_stale_until_the_refresh_is_done(clips: Clips) -> None:
    clips.world.switch(stale_seconds=30, stale_clock="sandbox", stale_status=202)
    assert [clips.get("resource").status for _ in range(3)] == [202] * 3
    clips.world.advance(29)
    assert clips.get("resource").status == 202
    clips.world.advance(1)
    assert clips.get("resource").status == 200
    assert clips.get("wbs_export").status == 202
    clips.world.set_clip("resource", stale_seconds=0.05, stale_clock="real")
    assert clips.get("resource").status == 202
    until(lambda: clips.get("resource").status == 200)


def test_dormant_clips_are_stale_anew(clips: Clips) -> None:
    clips.world.switch(stale=1, dormant_hours=24, stale_status=503)
    assert [clips.get("resource").status for _ in range(2)] == [503, 200]
    clips.world.advance(23 * 3600)
    assert clips.get("resource").status == 200
    clips.world.advance(24 * 3600)
    assert [clips.get("resource").status for _ in range(2)] == [503, 200]


def test_refusals(clips: Clips) -> None:
    clips.world.set_clip("resource", refuse=403)
    assert [rest(clips.get("resource")) for _ in range(3)] == [(403, "")] * 3
    assert clips.get("resource", headers={}).status == 401
    assert clips.get("wbs_export").status == 200
    clips.world.set_clip("resource", refuse=429, refuse_times=2, retry_after="3")
    answers = [rest(clips.get("resource")) for _ in range(3)]
    assert answers == [(429, "3"), (429, "3"), (200, "")]
    clips.world.set_clip("resource", refuse=503, refuse_times=1, stale=1, stale_status=202)
    assert [clips.get("resource").status for _ in range(3)] == [503, 202, 200]


@pytest.mark.parametrize("where", ["host", "origin", "relative"])
def test_redirect_to_a_signed_address(clips: Clips, where: str) -> None:
    clips.world.set_clip("resource", redirect=where, redirect_status=307, suffix=".csv")
    clips.api.running.reset_requests()
    answer = clips.get("resource")
    location = answer.headers["location"]
    port = clips.api.running.url.rpartition(":")[2]
    origin = {"host": f"http://localhost:{port}/", "origin": f"http://127.0.0.1:{port}/"}
    assert (answer.status, location.startswith(origin.get(where, "/perform/"))) == (307, True)
    address = urlsplit(location)
    signed = f"{address.path}?{address.query}"
    there = {"Host": address.netloc} if address.netloc else {}
    assert parsed(clips.ask(signed, there).body.decode(), "csv") == (
        truth.grid(clips.world, 1, "resource").headings,
        truth.grid(clips.world, 1, "resource").rows,
    )
    assert clips.ask(signed, {**there, **LOGIN}).status == 200
    log = clips.api.running.requests
    assert [one.authorized for one in log] == [True, False, True]
    assert log[1].host == (address.netloc or f"127.0.0.1:{port}")
    clips.world.switch(storage="strict")
    assert [clips.ask(signed, given).status for given in ({}, LOGIN)] == [200, 400]
    assert clips.ask(signed[:-1], {}).status == 403
    assert clips.ask(address.path, {}).status == 403
    clips.world.advance(61)
    assert clips.ask(signed, {}).status == 403


def test_localhost_answers_and_leads_back(clips: Clips) -> None:
    clips.world.set_clip("resource", redirect="host")
    port = clips.api.running.url.rpartition(":")[2]
    connection = http.client.HTTPConnection("localhost", int(port))
    connection.request("GET", clips.world.path(1, "resource"), headers=LOGIN)
    location = connection.getresponse().headers["location"]
    connection.close()
    assert location.startswith(f"http://127.0.0.1:{port}/perform/storage/1/")


def test_redirects_that_lead_nowhere(clips: Clips) -> None:
    clips.world.set_clip("resource", redirect="login")
    assert rest(clips.get("resource"))[0] == 302
    assert clips.get("resource").headers["location"] == "/perform/login"
    clips.world.set_clip("resource", redirect="loop")
    assert clips.get("resource").headers["location"] == clips.world.path(1, "resource")


@pytest.mark.parametrize("piece", [7, 65_536])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_framing(clips: Clips, framing: str, piece: int) -> None:
    expected = clips.get("wbs_export").body
    clips.world.set_clip("wbs_export", framing=framing, piece=piece)
    answer = clips.get("wbs_export")
    assert answer.body == expected
    assert answer.headers.get("content-length") == (
        str(len(expected)) if framing == "length" else None
    )
    assert answer.headers.get("transfer-encoding") == ("chunked" if framing == "chunked" else None)
    assert answer.headers["connection"] == ("close" if framing == "close" else "keep-alive")
    assert clips.get("resource").status == 200


def test_pauses(clips: Clips) -> None:
    clips.world.set_clip("wbs_export", piece=1000, pause=0.01)
    began = time.monotonic()
    assert clips.get("wbs_export").body.count(b"\r\n") == 53
    assert time.monotonic() - began >= 0.02


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_gzip(clips: Clips, framing: str) -> None:
    plain = clips.get("wbs_export").body
    clips.world.set_clip("wbs_export", gzip="accepted", framing=framing)
    assert clips.get("wbs_export").body == plain
    packed = clips.get("wbs_export", headers={**LOGIN, "Accept-Encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain
    clips.world.set_clip("wbs_export", gzip="always")
    assert gzip.decompress(clips.get("wbs_export").body) == plain


def test_validators(clips: Clips) -> None:
    clips.world.set_clip("resource", etag=True, last_modified=True)
    first = clips.get("resource")
    assert first.headers["last-modified"] == "Tue, 15 Sep 2026 12:30:00 GMT"
    for name, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        again = clips.get("resource", headers={**LOGIN, name: value})
        assert (again.status, again.body) == (304, b"")
    clips.world.advance(60)
    clips.world.edit_row(1, "resource", 0, {"Company": "New"})
    given = {"If-None-Match": first.headers["etag"]}
    given |= {"If-Modified-Since": first.headers["last-modified"]}
    changed = clips.get("resource", headers={**LOGIN, **given})
    assert changed.status == 200
    assert changed.headers["last-modified"] == "Tue, 15 Sep 2026 12:31:00 GMT"


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("where", ["half", "in_quotes", "between_rows"])
def test_cut_that_the_framing_shows(clips: Clips, where: str, framing: str) -> None:
    clips.world.set_clip("resource", cut=where, framing=framing, piece=500)
    whole = truth.grid(clips.world, 1, "resource").rows
    text = cut_body(clips, "resource").decode()
    if framing == "length":
        assert text.count("\r\n") < len(whole)
    assert text.startswith(("Resource UUID,", '"Resource UUID"'))
    clips.world.set_clip("resource", cut="")
    assert clips.table("resource")[1] == whole


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_cut_that_nothing_shows(clips: Clips, encoding: str, framing: str) -> None:
    whole = truth.grid(clips.world, 1, "discussion").rows
    clips.world.switch(framing=framing, encoding=encoding, cut_seen=framing == "close")
    clips.world.set_clip("discussion", cut="between_rows")
    assert clips.table("discussion", 1, encoding)[1] == whole[:120]
    clips.world.set_clip("discussion", cut="in_quotes")
    text = clips.text("discussion", 1, encoding)
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert [[cell or None for cell in line] for line in lines[1:121]] == whole[:120]
    assert len(lines) == 122
    assert len(lines[-1]) == 1
    with pytest.raises(csv.Error, match="unexpected end of data"):
        list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("form", FORMATS[1:])
@pytest.mark.parametrize("where", ["half", "in_quotes", "between_rows"])
def test_truncated_json(clips: Clips, where: str, form: str) -> None:
    clips.world.set_clip("resource", format=form, cut=where, cut_seen=False)
    text = clips.text("resource")
    if form == "jsonlines" and where == "between_rows":
        assert len(parsed(text, form)[1]) == 36
    else:
        with pytest.raises(json.JSONDecodeError):
            parsed(text, form)


def test_truncated_gzip(clips: Clips) -> None:
    clips.world.set_clip("resource", gzip="always", framing="close", cut="half")
    with pytest.raises(EOFError):
        gzip.decompress(clips.get("resource").body)


def test_headings_that_are_odd(clips: Clips) -> None:
    plain = truth.grid(clips.world, 1, "resource").headings
    clips.world.set_clip("resource", oddities=["duplicate_headings", "case_headings"])
    headings, rows = clips.table("resource")
    expected = [*plain[:2], plain[0], plain[1].upper(), *plain[4:]]
    assert headings == expected == truth.grid(clips.world, 1, "resource").headings
    assert rows == truth.grid(clips.world, 1, "resource").rows
    assert list(truth.rows(clips.world, "resource")[0]) == ["project", *plain]
    clips.world.set_clip("resource", format="array")
    assert clips.text("resource").count('"Resource UUID":') == 2 * 72
    clips.world.set_clip("resource", format="csv", oddities=["blank_headings", "padded_headings"])
    headings, _ = clips.table("resource")
    assert (headings[0], headings[1].strip(), headings[-1].strip()) == (
        " Resource UUID\u00a0\n",
        "",
        "",
    )


def test_ragged_rows(clips: Clips) -> None:
    for oddity, more in (("short_rows", -2), ("long_rows", 3)):
        clips.world.set_clip("resource", oddities=[oddity])
        headings, rows = clips.table("resource")
        assert [len(row) for row in rows[:8]] == [7] * 6 + [7 + more, 7]
        assert (headings, rows) == tuple(truth.grid(clips.world, 1, "resource"))[::2]
        clips.world.set_clip("resource", oddities=[oddity], format="fields_values")
        assert clips.table("resource")[1] == rows
        clips.world.set_clip("resource", format="csv")
    assert {len(row) for row in truth.rows(clips.world, "resource")} == {8}


def test_lines_that_are_no_rows(clips: Clips) -> None:
    clips.world.set_clip("resource", oddities=["title_line", "footer_line", "blank_lines"])
    lines = clips.text("resource").split("\r\n")
    assert lines[0] == "Resource"
    assert lines[1].startswith("Resource UUID,")
    assert lines[2] == ""
    assert lines[-3:] == ["", "Total: 72", ""]


def test_bodies_that_are_no_table(clips: Clips) -> None:
    clips.world.set_clip("resource", body="html")
    page = clips.get("resource")
    assert (page.status, page.body[:9]) == (200, b"<!DOCTYPE")
    clips.world.set_clip("resource", body="xlsx")
    book = clips.get("resource")
    assert book.body[:4] == b"PK\x03\x04"
    assert "spreadsheetml" in book.headers["content-type"]
    clips.world.set_clip("resource", body="empty")
    for framing in ("length", "chunked", "close"):
        clips.world.set_clip("resource", framing=framing)
        answer = clips.get("resource")
        assert (answer.status, answer.body) == (200, b"")
        assert ("content-length" in answer.headers) == (framing == "length")
    clips.world.set_clip("resource", stale=1)
    assert clips.get("resource").body == b"dataclip stale"
    assert truth.counts(clips.world)["resource"] == 144


@pytest.mark.parametrize("form", FORMATS)
def test_empty_table(clips: Clips, form: str) -> None:
    clips.world.set_clip("resource", 1, format=form, body="header_only")
    answer = clips.get("resource")
    headings = truth.grid(clips.world, 1, "resource").headings
    if form == "csv":
        assert answer.body.decode() == ",".join(headings) + "\r\n"
    elif form == "wrapped":
        assert (answer.json["rows"], answer.json["row_count"]) == ([], 0)
    elif "values" in form:
        assert answer.json == {"fields": headings, "values": []}
    else:
        assert answer.body == {"array": b"[]", "jsonlines": b""}[form]
    assert truth.counts(clips.world)["resource"] == 72
    clips.world.set_clip("resource", 1, body="")
    clips.world.shrink(1, "resource", 0)
    assert clips.get("resource").body == answer.body


@pytest.fixture
def long_cells() -> Iterator[None]:
    usual = csv.field_size_limit(1_000_000)
    yield
    csv.field_size_limit(usual)


@pytest.mark.usefixtures("long_cells")
def test_long_cell(clips: Clips) -> None:
    clips.world.enlarge_cell(1, "discussion", 3, "Comment")
    for form in FORMATS:
        clips.world.set_clip("discussion", format=form, framing="chunked")
        row = clips.table("discussion")[1][3]
        assert len(row[5]) == 200_000
        assert row == truth.grid(clips.world, 1, "discussion").rows[3]


def test_faults_apply(clips: Clips) -> None:
    faults = clips.api.running.faults
    path = clips.world.path(1, "resource")
    faults.add(route=f"GET {path}", kind="status", code=429, headers={"Retry-After": "1"})
    assert rest(clips.get("resource")) == (429, "1")
    for framing in ("length", "chunked"):
        clips.world.set_clip("resource", framing=framing, piece=100)
        faults.add(route=path, kind="truncate_body")
        assert len(cut_body(clips, "resource")) < 5000
    faults.add(route=path, kind="truncate_json")
    whole = clips.get("resource").body
    assert len(clips.get("resource").body) * 2 // 3 == len(whole)


@pytest.fixture
def big(clips: Clips) -> Iterator[Clips]:
    clips.world.switch(big_rows=1500)
    yield clips
    clips.api.connection.close()


def test_big_clips_are_there_when_asked_for(clips: Clips) -> None:
    path = clips.world.path(1, "big_csv")
    assert clips.ask(path, LOGIN).status == 404
    clips.world.switch(big_rows=10)
    assert clips.ask(path, LOGIN).status == 200
    assert [*clips.world.urls(1)][-2:] == ["big_csv", "big_json"]
    assert "big_csv" not in clips.world.urls(2)
    assert "big_csv" not in truth.counts(clips.world)
    assert clips.ask(path.replace("/1/", "/2/"), LOGIN).status == 404
    assert clips.ask(path, basic("x", "y")).status == 401


@pytest.mark.parametrize("rows", [1, 599, 600, 601, 1200, 1500])
def test_big_rows(clips: Clips, rows: int) -> None:
    clips.world.switch(big_rows=rows, encoding="utf-16")
    _, csv_rows = clips.table("big_csv", 1, "utf-16")
    headings, json_rows = clips.table("big_json", 1, "utf-16")
    assert csv_rows == json_rows == list(truth.big_rows(clips.world))
    assert len({row[0] for row in csv_rows}) == rows
    assert headings[:3] == ["Row Key", "Project", "Work Date"]


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("packed", ["", "always"])
def test_big_framing(big: Clips, packed: str, framing: str) -> None:
    big.world.switch(framing=framing, gzip=packed, etag=True)
    answer = big.get("big_json")
    body = gzip.decompress(answer.body) if packed else answer.body
    assert len(json.loads(body)) == 1500
    assert ("content-length" in answer.headers) == (framing == "length" and not packed)
    again = big.get("big_json", headers={**LOGIN, "If-None-Match": answer.headers["etag"]})
    assert again.status == 304


def test_big_cut(big: Clips) -> None:
    whole = list(truth.big_rows(big.world))
    big.world.set_clip("big_csv", cut="between_rows", framing="close")
    assert big.table("big_csv")[1] == whole[:750]
    big.world.set_clip("big_csv", cut="in_quotes", framing="length")
    assert b"00000001-0149" in cut_body(big, "big_csv")[-1000:]


def test_big_clips_take_no_memory(clips: Clips) -> None:
    clips.world.switch(big_rows=60_000, format="array")
    truth.grid(clips.world, 1, "resource_usage_export")
    connection = http.client.HTTPConnection(clips.api.running.url.removeprefix("http://"))
    tracemalloc.start()
    try:
        connection.request("GET", clips.world.path(1, "big_csv"), headers=LOGIN)
        response = connection.getresponse()
        length, seen = int(response.headers["content-length"]), 0
        while chunk := response.read(1 << 16):
            seen += len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        connection.close()
    assert seen == length > 50_000_000
    assert peak < 12_000_000
