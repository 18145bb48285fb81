"""Dataclips: who is let in, where they are, what they hold, in every format."""

from __future__ import annotations

import base64
import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import sandbox as sandbox_package
from sandbox.__main__ import main
from sandbox.perform import clips as catalogue
from sandbox.perform import truth
from tests.sandbox.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.perform.world import World
    from tests.sandbox.conftest import Answer, Api

FORMATS = ["csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines"]
Rows = list[list[Any]]


def basic(user: str, password: str) -> dict[str, str]:
    given = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {given}"}


LOGIN = basic("sandbox", "sandbox")


@dataclass
class Clips:
    """Asks for clips, with the credentials unless told otherwise."""

    api: Api

    @property
    def world(self) -> World:
        return self.api.running.perform

    def get(
        self, slug: str, project: int = 1, headers: Mapping[str, str] | None = None, query: str = ""
    ) -> Answer:
        path = self.world.path(project, slug)
        return self.ask(path + query, LOGIN if headers is None else headers)

    def ask(self, path: str, headers: Mapping[str, str]) -> Answer:
        return self.api.ask("GET", path, headers=headers)

    def text(self, slug: str, project: int = 1, encoding: str = "utf-8") -> str:
        answer = self.get(slug, project)
        assert answer.status == 200, answer.body
        return answer.body.decode(encoding)

    def table(self, slug: str, project: int = 1, encoding: str = "utf-8") -> tuple[list[str], Rows]:
        """Headings and rows of a clip in whatever format it comes, blanks as None."""
        form = self.world.form(project, slug)
        return parsed(self.text(slug, project, encoding), form.format, form.delimiter)


def parsed(text: str, form: str, delimiter: str = ",") -> tuple[list[str], Rows]:
    if form == "csv":
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        return lines[0], [[cell or None for cell in line] for line in lines[1:]]
    if form == "jsonlines":
        objects = [json.loads(line) for line in text.split("\n") if line.strip()]
    else:
        document = json.loads(text)
        if form.endswith("s_values") or form.startswith("values_"):
            return document["fields"], document["values"]
        objects = document["rows"] if form == "wrapped" else document
    headings = list(objects[0])
    assert all(list(one) == headings for one in objects)
    return headings, [list(one.values()) for one in objects]


@pytest.fixture
def clips(api: Api) -> Clips:
    return Clips(api)


def test_catalogue_is_bentleys() -> None:
    slugs = [clip.slug for clip in catalogue.SELF_SERVICE]
    assert len(slugs) == len(set(slugs)) == 27
    assert {"activity_export", "wbs_export", "resource_usage_export_last_10_days"} <= {*slugs}
    assert {clip.slug: clip.window for clip in catalogue.SELF_SERVICE if clip.window} == {
        f"resource_usage_export_last_{days}_days": days for days in (10, 20, 60)
    }


def test_addresses_are_opaque_and_always_the_same(clips: Clips, start: Callable[..., Api]) -> None:
    listed = {project: clips.world.urls(project) for project in (1, 2)}
    assert [list(urls) for urls in listed.values()] == [list(truth.TABLES)] * 2
    assert len(truth.TABLES) == 28
    paths = [path for urls in listed.values() for path in urls.values()]
    assert len(set(paths)) == 56
    assert not any(slug in path for slug in truth.TABLES if len(slug) > 8 for path in paths)
    other = start(seed=5).running.perform
    assert {project: other.urls(project) for project in (1, 2)} == listed


def test_who_is_let_in(clips: Clips) -> None:
    path = clips.world.urls(1)["wbs_export"]
    wrong = [{}, basic("sandbox", "x"), basic("x", "sandbox"), {"Authorization": "Basic sandbox"}]
    for headers in [*wrong, {"Authorization": "Bearer sandbox"}]:
        answer = clips.ask(path, headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert clips.ask(path, LOGIN).status == 200
    assert clips.ask(path.replace("/1/", "/2/"), {}).status == 401


@pytest.mark.parametrize(
    ("denial", "status", "type_"), [("plain", 401, "text/plain"), ("page", 200, "text/html")]
)
def test_other_ways_to_deny(clips: Clips, denial: str, status: int, type_: str) -> None:
    clips.world.switch(denial=denial)
    answer = clips.get("wbs_export", headers={})
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (status, type_)
    assert "www-authenticate" not in answer.headers
    assert clips.get("wbs_export").headers["content-type"] == "text/csv; charset=utf-8"


def test_denial_by_redirect(clips: Clips) -> None:
    clips.world.switch(denial="redirect")
    answer = clips.get("wbs_export", headers={})
    assert (answer.status, answer.headers["location"]) == (302, "/perform/login")
    assert clips.ask("/perform/login", {}).body.startswith(b"<!DOCTYPE html>")


def test_credentials_of_one_project(clips: Clips) -> None:
    clips.world.switch(logins={"2": ["jürgen", "pä:ß"]})
    assert clips.get("wbs_export", 2).status == 401
    assert clips.get("wbs_export", 2, basic("jürgen", "pä:ß")).status == 200
    assert clips.get("wbs_export", 1).status == 200
    assert [one["password"] for one in clips.world.projects("")] == ["sandbox", "pä:ß"]


def test_what_is_not_there(clips: Clips) -> None:
    path = clips.world.urls(1)["wbs_export"]
    for wrong in ("/1/", "/2/", "/3/", "/x/", "/007/"):
        status = clips.ask(path.replace("/1/", wrong), LOGIN).status
        assert status == (200 if wrong == "/1/" else 404), wrong
    assert clips.ask(path + ".xml", LOGIN).status == 404
    assert clips.ask(path[:-1], LOGIN).status == 404
    assert clips.ask("/perform/nothing", LOGIN).status == 404
    page = clips.ask("/perform/projects/1", {})
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    head = clips.api.ask("HEAD", path, headers=LOGIN)
    assert (head.status, head.headers["allow"]) == (405, "GET")
    assert clips.ask(path, LOGIN).status == 200


@pytest.mark.parametrize("project", [1, 2])
@pytest.mark.parametrize("form", FORMATS)
def test_every_clip_in_every_format(clips: Clips, form: str, project: int) -> None:
    clips.world.switch(format=form)
    for slug in truth.TABLES:
        grid = truth.grid(clips.world, project, slug)
        assert grid.rows, slug
        assert clips.table(slug, project) == (grid.headings, grid.rows), slug


def test_truth_has_the_rows_of_both_projects(clips: Clips) -> None:
    counts = truth.counts(clips.world)
    assert tuple(counts) == truth.TABLES
    for slug in truth.TABLES:
        rows = truth.rows(clips.world, slug)
        assert len(rows) == counts[slug]
        served = []
        for project, name in ((1, "North Quay"), (2, "Route 17")):
            headings, cells = clips.table(slug, project)
            served += [{"project": name, **dict(zip(headings, row, strict=True))} for row in cells]
        assert rows == served
        assert [list(row) for row in rows] == [list(row) for row in served]
    clips.world.switch(format="wrapped", json_cells="typed", encoding="utf-16", stale=-1)
    assert truth.counts(clips.world) == counts
    with pytest.raises(KeyError):
        truth.rows(clips.world, "no_such_clip")


def test_json_cells_as_numbers_and_truth_values(clips: Clips) -> None:
    grid = truth.grid(clips.world, 1, "custom_cost_report")
    clips.world.set_clip("custom_cost_report", format="fields_values", json_cells="typed")
    document = json.loads(clips.text("custom_cost_report"), parse_float=str, parse_int=str)
    assert document["fields"] == grid.headings
    for row, texts in zip(document["values"], grid.rows, strict=True):
        assert row[:-1] == texts[:-1]
        assert str(row[-1]) == str(texts[-1])
    raw = json.loads(clips.text("custom_cost_report"))["values"]
    kinds = [{type(row[place]) for row in raw} for place in range(len(grid.headings))]
    assert kinds[:3] == [{int}, {str}, {str, type(None)}]
    assert kinds[-1] == {bool, type(None)}
    assert '"1E5"' in clips.text("custom_cost_report")
    assert '1234567890123456.780000,"' not in clips.text("custom_cost_report")


def test_json_blanks_and_escapes(clips: Clips) -> None:
    slug = "person_export"
    grid = truth.grid(clips.world, 1, slug)
    clips.world.set_clip(slug, format="array", json_blank="empty")
    assert [list(row.values()) for row in json.loads(clips.text(slug))] == [
        [cell or "" for cell in row] for row in grid.rows
    ]
    clips.world.set_clip(slug, json_blank="absent")
    expected = [
        {name: cell for name, cell in zip(grid.headings, row, strict=True) if cell}
        for row in grid.rows
    ]
    assert json.loads(clips.text(slug)) == expected
    clips.world.set_clip(slug, json_ascii=True, json_indent=True)
    assert clips.text(slug).isascii()
    assert '"Given Name" : "Ann",\n' in clips.text(slug)
    assert json.loads(clips.text(slug)) == expected


@pytest.mark.parametrize("form", FORMATS[1:])
def test_indented_json_is_the_same(clips: Clips, form: str) -> None:
    grid = truth.grid(clips.world, 2, "discussion")
    clips.world.switch(format=form, json_indent=True)
    assert clips.table("discussion", 2) == (grid.headings, grid.rows)


def test_values_may_come_before_fields(clips: Clips) -> None:
    clips.world.switch(format="values_fields")
    assert list(json.loads(clips.text("resource"))) == ["values", "fields"]
    clips.world.switch(format="fields_values")
    assert list(json.loads(clips.text("resource"))) == ["fields", "values"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_dialects(clips: Clips, delimiter: str, encoding: str) -> None:
    clips.world.switch(delimiter=delimiter, encoding=encoding, quoting="all", line_end="\n")
    grid = truth.grid(clips.world, 2, "docket_export")
    assert clips.table("docket_export", 2, encoding) == (grid.headings, grid.rows)
    clips.world.switch(quoting="minimal", line_end="\r\n", last_line_end=False)
    assert clips.table("docket_export", 2, encoding) == (grid.headings, grid.rows)
    assert (
        clips.table("discussion", 1, encoding)[1] == truth.grid(clips.world, 1, "discussion").rows
    )
    assert clips.text("docket_export", 2, encoding)[-1] != "\n"


def test_marks_and_line_ends(clips: Clips) -> None:
    clips.world.set_clip("wbs_export", encoding="utf-8-sig")
    assert clips.get("wbs_export").body[:6] == b"\xef\xbb\xbfWBS"
    assert clips.get("wbs_export").body.endswith(b"\r\n")
    clips.world.set_clip("wbs_export", encoding="utf-16", line_end="\n", quoting="all")
    answer = clips.get("wbs_export")
    assert answer.body[:4] == b'\xff\xfe"\x00'
    assert "\r" not in answer.body.decode("utf-16")
    assert answer.headers["content-type"] == "text/csv; charset=utf-16"


def test_cp1252_lacks_characters(clips: Clips) -> None:
    clips.world.switch(encoding="cp1252")
    grid = truth.grid(clips.world, 1, "person_export")
    expected = [
        [cell and cell.encode("cp1252", "replace").decode("cp1252") for cell in row]
        for row in grid.rows
    ]
    assert clips.table("person_export", 1, "cp1252")[1] == expected != grid.rows
    clips.world.switch(format="array")
    assert clips.table("person_export", 1, "cp1252")[1] == grid.rows


def test_content_types(clips: Clips) -> None:
    for form, right in (("csv", "text/csv"), ("array", "application/json")):
        clips.world.switch(format=form, content_type="right", charset=True)
        assert clips.get("resource").headers["content-type"] == f"{right}; charset=utf-8"
        clips.world.switch(charset=False)
        assert clips.get("resource").headers["content-type"] == right
        clips.world.switch(content_type="application/octet-stream")
        assert clips.get("resource").headers["content-type"] == "application/octet-stream"
        clips.world.switch(content_type="missing", disposition=True)
        assert "content-type" not in clips.get("resource").headers
    assert "resource.json" in clips.get("resource").headers["content-disposition"]


def test_format_by_request(clips: Clips) -> None:
    def kind(answer: Answer) -> str:
        return answer.headers["content-type"].split(";")[0].split("/")[1]

    path = clips.world.urls(1)["wbs_export"]
    assert kind(clips.ask(f"{path}.json", LOGIN)) == "csv"
    clips.world.switch(chosen_by="suffix", json_format="wrapped")
    kinds = [kind(clips.ask(path + suffix, LOGIN)) for suffix in ("", ".csv", ".json")]
    assert kinds == ["csv", "csv", "json"]
    assert "rows" in clips.ask(f"{path}.json", LOGIN).json
    clips.world.switch(chosen_by="accept")
    accepts = ["*/*", "text/csv", "application/json", "text/csv, application/json;q=0.5"]
    answers = [clips.ask(path, {**LOGIN, "Accept": accepted}) for accepted in accepts]
    assert [kind(answer) for answer in answers] == ["csv", "csv", "json", "csv"]
    clips.world.switch(chosen_by="parameter", format="array")
    assert [kind(clips.ask(path + query, LOGIN)) for query in ("", "?format=csv")] == [
        "json",
        "csv",
    ]
    clips.world.set_clip("wbs_export", suffix=".json")
    assert clips.world.urls(1)["wbs_export"] == f"{path}.json"


def test_control_routes_and_log(clips: Clips) -> None:
    api = clips.api
    assert api.control("GET", "/__truth/perform").json == truth.counts(clips.world)
    rows = api.control("GET", "/__truth/perform/wbs_export").json
    assert rows == truth.rows(clips.world, "wbs_export")
    order = {"action": "set_clip", "slug": "resource", "project": 2, "stale": 1}
    assert api.control("POST", "/__perform", order).status == 200
    assert [clips.get("resource", project).body[:14] for project in (1, 2)] == [
        b"Resource UUID,",
        b"dataclip stale",
    ]
    order = {"action": "urls", "project": 2}
    assert api.control("POST", "/__perform", order).json == {"result": clips.world.urls(2)}
    for wrong in ({"action": "table"}, {"action": "switch", "colour": "red"}):
        assert api.control("POST", "/__perform", wrong).status == 400
    api.running.reset_requests()
    clips.get("resource", headers={})
    clips.get("resource", query="?x=a+b")
    first, second = api.running.requests
    assert first.route == second.route == "/perform/projects/{project}/dataclips/{clip}"
    assert (first.service, first.authorized, second.authorized) == ("perform", False, True)
    assert (second.target, second.host) == (
        f"{clips.world.urls(1)['resource']}?x=a+b",
        api.running.url.removeprefix("http://"),
    )
    assert first.at < second.at


def test_configuration_for_a_tap(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = clips.world.projects("http://127.0.0.1:8800")
    assert [one["name"] for one in listed] == ["North Quay", "Route 17"]
    assert listed[1]["url"] == "http://127.0.0.1:8800/perform/projects/2"
    assert listed[1]["dataclips"] == {
        slug: f"http://127.0.0.1:8800{path}" for slug, path in clips.world.urls(2).items()
    }
    monkeypatch.setattr("sys.argv", ["sandbox", "--port", "8800", "--perform-projects"])
    assert main() == 0
    assert json.loads(capsys.readouterr().out) == listed


def test_rows_are_made_up_when_asked_for(clips: Clips) -> None:
    clips.api.control("POST", "/__clock", {"now": "2026-10-01T00:00:00Z"})
    clips.get("resource", headers={})
    world = clips.world
    assert not vars(world)["_sites"]
    assert f"{world.now:%Y-%m-%d}" == "2026-10-01"
    clips.get("resource")
    assert list(vars(world)["_tables"]) == [(1, "resource")]


def test_entries_and_seed() -> None:
    with sandbox_package.start(now=NOW, entries=50) as one, sandbox_package.start(now=NOW) as two:
        assert truth.counts(one.perform)["resource_usage_export"] == 100
        assert truth.counts(two.perform)["resource_usage_export"] == 1200
        same = truth.rows(one.perform, "docket_export")
        assert truth.rows(two.perform, "docket_export") == same
    with sandbox_package.start(now=NOW, seed=2) as three:
        assert truth.rows(three.perform, "docket_export") != same
