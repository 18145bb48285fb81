"""How dataclips answer: formats, dialects, staleness, redirects, framing, cuts, big ones."""

from __future__ import annotations

import base64
import csv
import gzip
import http.client
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import sandbox as sandbox_package
from sandbox.perform import truth
from tests.sandbox.clockify_client import NOW
from tests.sandbox.conftest import Api

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.perform.world import World
    from tests.sandbox.clockify_client import Answer

FORMATS = ["csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines"]
WINDOW = "resource_usage_export_last_10_days"
Table = tuple[list[str], list[list[Any]]]


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


LOGIN = basic("sandbox:sandbox")


class Clips:
    """Asks for clips, with the credentials unless told otherwise."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.world: World = api.running.perform

    def get(
        self, slug: str, project: int = 1, headers: Mapping[str, str] | None = None, query: str = ""
    ) -> Answer:
        path = self.world.path(project, slug)
        return self.ask(path + query, LOGIN if headers is None else headers)

    def ask(self, path: str, headers: Mapping[str, str]) -> Answer:
        return self.api.ask("GET", path, headers=headers)

    def statuses(self, slug: str, times: int) -> list[int]:
        return [self.get(slug).status for _ in range(times)]

    def text(self, slug: str, project: int = 1, encoding: str = "utf-8") -> str:
        return self.get(slug, project).body.decode(encoding)

    def table(self, slug: str, project: int = 1) -> Table:
        """Headings and rows of a clip in whatever form it comes, blanks as None."""
        form = self.world.form(project, slug)
        return parsed(self.text(slug, project, form.encoding), form.format, form.delimiter)

    def true(self, slug: str, project: int = 1) -> Table:
        grid = truth.grid(self.world, project, slug)
        return grid.headings, grid.rows


def parsed(text: str, form: str = "csv", delimiter: str = ",") -> Table:
    if form == "csv":
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        return lines[0], [[cell or None for cell in line] for line in lines[1:]]
    if form == "jsonlines":
        objects = [json.loads(line) for line in text.split("\n") if line.strip()]
    else:
        document = json.loads(text)
        if "values" in form:
            assert list(document) == form.split("_")
            return document["fields"], document["values"]
        objects = document["rows"] if form == "wrapped" else document
    return list(objects[0]), [list(one.values()) for one in objects]


@pytest.fixture(scope="module")
def projects() -> Iterator[Clips]:
    with sandbox_package.start(now=NOW) as running:
        api = Api(running)
        yield Clips(api)
        api.connection.close()


@pytest.fixture
def clips(projects: Clips) -> Iterator[Clips]:
    """Two projects for all tests that change nothing but their switches."""
    yield projects
    projects.api.connection.close()
    projects.world.reset()


@pytest.fixture
def own(api: Api) -> Clips:
    return Clips(api)


@pytest.mark.parametrize(
    ("denial", "status", "header"),
    [
        ("challenge", 401, "www-authenticate"),
        ("plain", 401, "content-length"),
        ("page", 200, "content-length"),
    ],
)
def test_who_is_let_in(clips: Clips, denial: str, status: int, header: str) -> None:
    clips.world.switch(denial=denial, logins={"2": ["jürgen", "pä:ß"]})
    wrong = [basic("sandbox:x"), basic("x:sandbox"), {"Authorization": "Bearer sandbox"}, {}]
    for headers in [*wrong, basic("jürgen:pä:ß"), {"Authorization": "Basic sandbox"}]:
        answer = clips.get("wbs_export", headers=headers)
        assert (answer.status, header in answer.headers) == (status, True)
        assert ("www-authenticate" in answer.headers) == (denial == "challenge")
        assert answer.body.startswith(b"<!DOCTYPE html>") == (denial == "page")
    assert clips.get("wbs_export").headers["content-type"] == "text/csv; charset=utf-8"
    assert clips.get("wbs_export", 2).status == status
    assert clips.get("wbs_export", 2, basic("jürgen:pä:ß")).body.startswith(b"WBS Code,")


def test_what_is_not_there(clips: Clips) -> None:
    path = clips.world.urls(1)["wbs_export"]
    found = {number: clips.ask(path.replace("/1/", f"/{number}/"), LOGIN) for number in "123x"}
    assert [answer.status for answer in found.values()] == [200, 404, 404, 404]
    for wrong in (path + ".csv", path[:-1], "/perform/nothing", path.replace("/1/", "/007/")):
        assert clips.ask(wrong, LOGIN).status == 404
    head = clips.api.ask("HEAD", path, headers=LOGIN)
    assert (head.status, head.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("form", FORMATS)
def test_every_clip_in_every_format(clips: Clips, form: str) -> None:
    clips.world.switch(format=form)
    for slug in truth.TABLES:
        rows = []
        for project, name in ((1, "North Quay"), (2, "Route 17")):
            headings, cells = clips.table(slug, project)
            assert (headings, cells) == clips.true(slug, project), slug
            rows += [{"project": name, **dict(zip(headings, row, strict=True))} for row in cells]
        assert rows == truth.rows(clips.world, slug)
    assert truth.counts(clips.world)["resource"] == len(truth.rows(clips.world, "resource"))


@pytest.mark.parametrize(
    "form",
    [
        {"delimiter": ";", "quoting": "all", "line_end": "\n"},
        {"delimiter": "\t", "encoding": "utf-8-sig", "last_line_end": False},
        {"delimiter": "|", "encoding": "utf-16"},
        *({"format": form, "json_indent": True, "encoding": "utf-16"} for form in FORMATS[1:]),
        {"format": "wrapped", "json_ascii": True},
        {"framing": "chunked", "piece": 7},
        {"framing": "close"},
    ],
    ids=str,
)
def test_dialects_and_framing(clips: Clips, form: dict[str, Any]) -> None:
    clips.world.switch(**form)
    assert clips.table("discussion", 2) == clips.true("discussion", 2)
    answer = clips.get("discussion", 2)
    framing = form.get("framing", "length")
    assert ("content-length" in answer.headers) == (framing == "length")
    assert answer.headers["connection"] == ("close" if framing == "close" else "keep-alive")
    assert clips.true("discussion", 1) == clips.table("discussion", 1)


@pytest.mark.parametrize(
    ("form", "first", "last", "kind"),
    [
        ({}, b"WBS Code", b"\r\n", "text/csv; charset=utf-8"),
        ({"encoding": "utf-8-sig"}, b"\xef\xbb\xbfWBS", b"\r\n", "text/csv; charset=utf-8"),
        ({"encoding": "utf-16", "line_end": "\n"}, b"\xff\xfeW\0", b"0\0\n\0", None),
        ({"last_line_end": False, "content_type": "a/b"}, b"WBS", b"0", "a/b"),
        ({"content_type": "missing"}, b"WBS", b"\r\n", ""),
        ({"format": "array"}, b'[{"WBS Code":"01"', b"}]", "application/json; charset=utf-8"),
        ({"format": "jsonlines"}, b"{", b"}\r\n", "application/x-ndjson; charset=utf-8"),
    ],
    ids=str,
)
def test_bytes_and_types(
    clips: Clips, form: dict[str, Any], first: bytes, last: bytes, kind: str | None
) -> None:
    clips.world.switch(disposition=True, **form)
    answer = clips.get("wbs_export")
    assert (answer.body.startswith(first), answer.body.endswith(last)) == (True, True)
    assert kind is None or answer.headers.get("content-type", "") == kind
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_cells_of_json(clips: Clips) -> None:
    headings, rows = clips.true("custom_cost_report")
    clips.world.switch(format="array", json_cells="typed", json_blank="empty")
    text = clips.text("custom_cost_report")
    kinds = [{type(row[name]) for row in json.loads(text)} for name in headings]
    assert (kinds[0], kinds[-1]) == ({int}, {bool, str})
    exact = json.loads(text, parse_float=str, parse_int=str)
    assert [list(row.values())[:-1] for row in exact] == [
        [cell or "" for cell in row[:-1]] for row in rows
    ]
    clips.world.switch(json_blank="absent", json_cells="text")
    assert json.loads(clips.text("custom_cost_report")) == [
        {name: cell for name, cell in zip(headings, row, strict=True) if cell} for row in rows
    ]


STALE = {
    "text": "text/plain",
    "sentence": "text/plain",
    "html": "text/html",
    "json": "application/json",
    "json_errors": "application/json",
    "json_row": "application/json",
    "csv_heading": "text/csv",
    "csv_row": "text/csv",
}


@pytest.mark.parametrize("form", STALE)
@pytest.mark.parametrize("status", [200, 404, 503])
def test_stale_then_good(clips: Clips, form: str, status: int) -> None:
    clips.world.switch(stale=2, stale_form=form, stale_status=status, stale_retry_after="7")
    for _ in range(2):
        answer = clips.get("resource")
        assert (answer.status, answer.headers["retry-after"]) == (status, "7")
        assert answer.headers["content-type"].split(";")[0] == STALE[form]
        assert "dataclip stale" in answer.body.decode().lower()
    assert clips.get("resource").body.startswith(b"Resource UUID,")
    assert clips.get(WINDOW).body.startswith(b"Project,")  # live


def test_stale_without_a_body_or_for_good(clips: Clips) -> None:
    clips.world.switch(stale=1, stale_form="empty", stale_status=202)
    assert (clips.get("resource").body, clips.statuses("resource", 1)) == (b"", [200])
    clips.world.switch(stale=1, stale_form="text", stale_status=204, framing="chunked")
    assert (clips.get("resource").body, clips.statuses("resource", 1)) == (b"", [200])
    clips.world.switch(stale=-1)
    assert clips.statuses("resource", 3) == [204] * 3


def test_a_clip_that_went_dormant_is_stale_anew(own: Clips) -> None:
    own.world.switch(stale=1, stale_status=202, dormant_hours=24)
    assert own.statuses("resource", 2) == [202, 200]
    for hours, statuses in ((23, [200, 200]), (24, [202, 200])):
        own.world.advance(hours * 3600)
        assert own.statuses("resource", 2) == statuses


def test_refusals(clips: Clips) -> None:
    clips.world.set_clip("resource", refuse=403)
    assert (clips.statuses("resource", 2), clips.statuses("wbs_export", 1)) == ([403, 403], [200])


def test_redirect_to_a_signed_address(own: Clips) -> None:
    own.world.set_clip("resource", redirect="host")
    location = urlsplit(own.get("resource").headers["location"])
    port = own.api.running.url.rpartition(":")[2]
    assert location.netloc == f"localhost:{port}"
    signed = f"{location.path}?{location.query}"
    assert parsed(own.ask(signed, {}).body.decode()) == own.true("resource")
    own.world.switch(storage="strict")
    assert [own.ask(signed, given).status for given in ({}, LOGIN)] == [200, 400]
    assert [own.ask(wrong, {}).status for wrong in (signed[:-1], location.path)] == [403, 403]
    back = own.get("resource", headers={**LOGIN, "Host": f"localhost:{port}"})
    assert back.headers["location"].startswith(f"http://127.0.0.1:{port}/perform/storage/1/")
    own.world.advance(61)
    assert own.ask(signed, {}).status == 403
    assert [one.authorized for one in own.api.running.requests[:2]] == [True, False]


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("slug", ["wbs_export", "big_csv", "big_json"])
def test_gzip(clips: Clips, slug: str, framing: str) -> None:
    clips.world.switch(big_rows=1300, framing=framing, etag=True)
    plain = clips.get(slug)
    clips.world.switch(gzip="accepted")
    assert clips.get(slug).body == plain.body
    packed = clips.get(slug, headers={**LOGIN, "Accept-Encoding": "gzip, br"})
    assert (packed.headers["content-encoding"], gzip.decompress(packed.body)) == (
        "gzip",
        plain.body,
    )
    clips.world.switch(gzip="always")
    packed = clips.get(slug)
    assert gzip.decompress(packed.body) == plain.body
    again = clips.get(slug, headers={**LOGIN, "If-None-Match": packed.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_validators(own: Clips) -> None:
    own.world.switch(etag=True, last_modified=True)
    seen = own.get("resource").headers
    assert seen["last-modified"] == "Tue, 15 Sep 2026 12:30:00 GMT"
    known = {"If-None-Match": seen["etag"], "If-Modified-Since": seen["last-modified"]}
    for name, value in known.items():
        assert own.get("resource", headers={**LOGIN, name: value}).status == 304
    own.world.advance(60)
    own.world.edit_row(1, "resource", 0, {"Company": "New"})
    changed = own.get("resource", headers={**LOGIN, **known})
    assert (changed.status, changed.headers["last-modified"][-12:]) == (200, "12:31:00 GMT")


@pytest.mark.parametrize("where", ["half", "between_rows"])
def test_cuts(clips: Clips, where: str) -> None:
    whole = clips.true("discussion")[1]
    clips.world.switch(cut=where, piece=500)
    for framing in ("length", "chunked"):
        clips.world.switch(framing=framing)
        with pytest.raises(http.client.IncompleteRead):
            clips.get("discussion")
    clips.world.switch(framing="close")
    if where == "between_rows":
        assert clips.table("discussion")[1] == whole[:120]
    clips.world.switch(gzip="always")
    with pytest.raises(EOFError):
        gzip.decompress(clips.get("discussion").body)


def test_headings_and_rows_that_are_odd(clips: Clips) -> None:
    plain, rows = clips.true("resource")
    for oddities, headings in (
        (["duplicate_headings"], [*plain[:2], plain[0], *plain[3:]]),
        (["blank_headings"], [plain[0], "", *plain[2:-1], ""]),
    ):
        clips.world.set_clip("resource", oddities=oddities)
        assert clips.table("resource") == (headings, rows) == clips.true("resource")
    for oddity, more in (("short_rows", -2), ("long_rows", 3)):
        for form in ("csv", "fields_values"):
            clips.world.set_clip("resource", oddities=[oddity], format=form)
            found = clips.table("resource")[1]
            assert [len(row) for row in found[:8]] == [7] * 6 + [7 + more, 7]
            assert found == clips.true("resource")[1]
    assert {len(row) for row in truth.rows(clips.world, "resource")} == {8}
    odd = ["title_line", "footer_line"]
    clips.world.set_clip("resource", oddities=odd, format="csv")
    lines = clips.text("resource").split("\r\n")
    assert (lines[0], lines[1][:9]) == ("resource", "Resource ")
    assert lines[-2:] == ["Total: 72", ""]


def test_bodies_that_are_no_table(clips: Clips) -> None:
    for body, first, kind in (
        ("html", b"<!DOCTYPE", "text/html"),
        ("empty", b"", "text/csv"),
    ):
        clips.world.set_clip("resource", body=body, framing="chunked")
        answer = clips.get("resource")
        assert (answer.status, answer.body[: len(first) or 1]) == (200, first)
        assert answer.headers["content-type"].startswith(kind)
    assert truth.counts(clips.world)["resource"] == 144


@pytest.mark.parametrize("form", FORMATS)
def test_empty_table(clips: Clips, form: str) -> None:
    clips.world.set_clip("resource", 1, format=form, body="header_only")
    headings = clips.true("resource")[0]
    empty = {"fields": headings, "values": []}
    answer = clips.get("resource")
    if form == "csv":
        assert answer.body.decode() == ",".join(headings) + "\r\n"
    elif form == "wrapped":
        assert (answer.json["rows"], answer.json["row_count"]) == ([], 0)
    elif form == "jsonlines":
        assert answer.body == b""
    else:
        assert answer.json == ([] if form == "array" else empty)
    assert truth.counts(clips.world)["resource"] == 72


@pytest.mark.parametrize("rows", [1, 599, 600, 601, 1500])
def test_big_rows(clips: Clips, rows: int) -> None:
    clips.world.switch(big_rows=rows, encoding="utf-16")
    assert [*clips.world.urls(1)][-2:] == ["big_csv", "big_json"]
    assert "big_csv" not in {*clips.world.urls(2), *truth.counts(clips.world)}
    headings, found = clips.table("big_json")
    assert (clips.table("big_csv")[1], len(found)) == (found, rows)
    assert (len({row[0] for row in found}), headings[:2]) == (rows, ["Row Key", "Project"])
    if rows > 1:
        clips.world.switch(cut="between_rows", framing="close")
        assert clips.table("big_csv")[1] == found[: rows // 2]


def test_big_clips_take_no_memory(clips: Clips) -> None:
    assert clips.get("big_csv").status == 404
    clips.world.switch(big_rows=60_000)
    clips.true("resource_usage_export")
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
    assert seen == length > 20_000_000
    assert peak < 12_000_000
