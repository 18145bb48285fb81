"""In which spellings a table may come, and what arrives of it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from sandbox.perform import truth
from tests.common.runs import NOW
from tests.perform.runs import FIRST, Account, Copy

if TYPE_CHECKING:
    from tests.common.runs import Row, Run

TABLES = ("discussion", "docket_export")
"""Free text of all kinds, and codes that look like numbers."""
TABLE = "docket_export"
FORMATS = ("csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines")


@cache
def catalog(*streams: str) -> dict[str, Any]:
    """Return what is discovered of some clips while they are plain."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(*streams))


def read(account: Account, *streams: str, **settings: Any) -> Run:
    given = {"projects": account.projects(*streams), "catalog": catalog(*streams), **settings}
    return account.run(**given).ok()


def arrived(account: Account, **switches: Any) -> Copy:
    """Read two tables that come in another spelling."""
    account.world.switch(**switches)
    copy = Copy()
    copy.load(read(account, *TABLES))
    return copy


# -- encodings and dialects ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", ["csv", "array", "values_fields", "jsonlines"])
def test_every_character_arrives_in_any_encoding(
    account: Account, encoding: str, form: str
) -> None:
    copy = arrived(account, encoding=encoding, format=form)
    assert copy.differences(account.world, TABLES) == {}


@pytest.mark.parametrize("stated", ["missing", "text/html", "application/json", "text/csv"])
@pytest.mark.parametrize("form", ["csv", "wrapped"])
def test_a_body_is_what_it_is_and_not_what_is_said(
    account: Account, form: str, stated: str
) -> None:
    copy = arrived(account, format=form, content_type=stated)
    assert copy.differences(account.world, TABLES) == {}


def test_windows_characters_arrive_and_the_log_says_what_was_assumed(account: Account) -> None:
    world = account.world
    world.set_clip(TABLE, encoding="cp1252", charset=False)
    world.shrink(1, TABLE, 0.1)
    for row in range(18):
        world.edit_row(
            1, TABLE, row, {"Description": "Überprüfung “A” für 5 €", "Received By": "x"}
        )
    run = read(account, TABLE)
    copy = Copy()
    copy.load(run)
    held = [row["description"] for row in copy.rows(TABLE) if row["project"] == FIRST]
    assert held == ["Überprüfung “A” für 5 €"] * 18
    assert f"{FIRST}: The body is not valid UTF-8 and was read as Windows-1252." in run.log


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("line_end", "quoting"), [("\r\n", "minimal"), ("\n", "all")])
def test_every_cell_arrives_in_any_dialect(
    account: Account, delimiter: str, line_end: str, quoting: str
) -> None:
    copy = arrived(
        account,
        delimiter=delimiter,
        line_end=line_end,
        quoting=quoting,
        last_line_end=quoting == "all",
    )
    assert copy.differences(account.world, TABLES) == {}


@pytest.mark.parametrize("form", FORMATS)
def test_a_cell_of_200_kilobytes_arrives(account: Account, form: str) -> None:
    account.world.enlarge_cell(1, TABLE, 3, "Description")
    assert arrived(account, format=form).differences(account.world, TABLES) == {}


@pytest.mark.parametrize("blank", ["empty", "absent"])
@pytest.mark.parametrize("form", FORMATS[1:])
def test_blank_cells_of_json_are_null_however_they_come(
    account: Account, form: str, blank: str
) -> None:
    copy = arrived(account, format=form, json_blank=blank, json_indent=True, json_ascii=True)
    assert copy.differences(account.world, TABLES) == {}


# -- framings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("gzip", ["", "accepted", "always"])
def test_every_byte_arrives_however_it_is_sent(account: Account, framing: str, gzip: str) -> None:
    copy = arrived(account, framing=framing, gzip=gzip, piece=1000)
    assert copy.differences(account.world, TABLES) == {}


@pytest.mark.parametrize(
    "switches", [{"etag": True}, {"last_modified": True}, {"disposition": True}]
)
def test_headers_that_say_more_change_nothing(account: Account, switches: dict[str, Any]) -> None:
    assert arrived(account, **switches).differences(account.world, TABLES) == {}


# -- headings --------------------------------------------------------------------------------------

ODDITIES: dict[str, dict[int, tuple[str, str]]] = {
    "duplicate_headings": {2: ("docket_reference_2", "Docket Reference")},
    "case_headings": {3: ("docket_date_2", "DOCKET DATE")},
    "blank_headings": {1: ("column_2", ""), 12: ("column_13", "")},
    "padded_headings": {},
    "blank_lines": {},
}
"""Name and heading of the columns, by place, that are not called as they are otherwise."""


def cells(account: Account) -> list[list[str | None]]:
    """Return the rows of the first project's clip."""
    return [list(row) for row in truth.grid(account.world, 1, TABLE).rows]


def of_first(run: Run) -> list[Row]:
    return [row for row in run.records(TABLE) if row["project"] == FIRST]


@pytest.mark.parametrize("form", ["csv", "array"])
@pytest.mark.parametrize("oddity", ODDITIES)
def test_every_column_gets_a_name_of_its_own(account: Account, oddity: str, form: str) -> None:
    plain = list(catalog(TABLE)["streams"][0]["schema"]["properties"])[2:]
    account.world.set_clip(TABLE, oddities=[oddity], format=form)
    run = account.run(projects=account.projects(TABLE)).ok()
    schema = run.schema(TABLE)
    names = [ODDITIES[oddity].get(place, (name,))[0] for place, name in enumerate(plain)]
    assert list(schema) == ["project", "_row_id", *names]
    for name, heading in ODDITIES[oddity].values():
        assert schema[name]["title"] == heading
    assert [[row[name] for name in names] for row in of_first(run)] == cells(account)


@pytest.mark.parametrize("oddity", ["duplicate_headings", "case_headings", "blank_headings"])
def test_columns_that_are_called_otherwise_are_null_and_named(
    account: Account, oddity: str
) -> None:
    """A catalog that was discovered before knows them by their old names."""
    plain = list(catalog(TABLE)["streams"][0]["schema"]["properties"])[2:]
    account.world.set_clip(TABLE, oddities=[oddity])
    run = read(account, TABLE)
    lost = [plain[place] for place in ODDITIES[oddity]]
    assert f"of {FIRST}: columns are missing, sent as null: {', '.join(lost)}\n" in run.log
    new = ", ".join(repr(heading) for _, heading in ODDITIES[oddity].values())
    assert f"does not know, left out until you discover again: {new}\n" in run.log
    kept = [name for name in plain if name not in lost]
    places = [plain.index(name) for name in kept]
    assert [[row[name] for name in kept] for row in of_first(run)] == [
        [row[place] for place in places] for row in cells(account)
    ]
    assert {row[name] for row in of_first(run) for name in lost} == {None}


# -- ids of rows -----------------------------------------------------------------------------------


def ids(run: Run) -> dict[str, Row]:
    found = {row["_row_id"]: row for row in run.records(TABLE)}
    assert len(found) == len(run.records(TABLE))
    return found


def test_equal_rows_have_ids_of_their_own_that_stay(account: Account) -> None:
    for _ in range(3):
        account.world.copy_row(1, TABLE, 5)
    first = ids(read(account, TABLE))
    again = [name for name in first if "-" in name]
    assert len(first) == 363
    assert sorted(name.partition("-")[2] for name in again) == ["2", "3", "4"]
    account.world.shuffle(1, TABLE)
    assert ids(read(account, TABLE)) == first
    account.world.delete_row(2, TABLE, 0)
    assert first.items() > ids(read(account, TABLE)).items()


@pytest.mark.parametrize(
    ("form", "blank"), [*((form, "null") for form in FORMATS[1:]), ("array", "absent")]
)
def test_a_row_has_the_same_id_in_every_format(account: Account, form: str, blank: str) -> None:
    account.world.copy_row(1, TABLE, 5)
    first = ids(read(account, TABLE))
    account.world.switch(format=form, json_blank=blank)
    assert ids(read(account, TABLE)) == first


@pytest.mark.parametrize(
    "switches", [{"delimiter": ";"}, {"encoding": "utf-16"}, {"quoting": "all"}]
)
def test_a_row_has_the_same_id_in_every_dialect(account: Account, switches: dict[str, Any]) -> None:
    first = ids(read(account, TABLE))
    account.world.switch(**switches)
    assert ids(read(account, TABLE)) == first


def test_a_row_that_changes_is_a_new_row_and_no_other_is(account: Account) -> None:
    first = ids(read(account, TABLE))
    account.world.edit_row(1, TABLE, 0, {"Status": "Lost"})
    second = ids(read(account, TABLE))
    assert len(first.keys() & second.keys()) == 359
    (new,) = second.keys() - first.keys()
    assert second[new]["status"] == "Lost"


# -- empty tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "fields_values"])
def test_a_clip_with_nothing_but_headings_is_an_empty_table(account: Account, form: str) -> None:
    account.world.set_clip(TABLE, body="header_only", format=form)
    run = read(account, TABLE)
    assert run.records(TABLE) == []
    assert json.dumps(run.schema(TABLE)) == json.dumps(
        catalog(TABLE)["streams"][0]["schema"]["properties"]
    )


@pytest.mark.parametrize("table", ["docket_export", "wbs_export"])
def test_an_empty_list_is_an_empty_table(account: Account, table: str) -> None:
    account.world.set_clip(table, body="header_only", format="array")
    assert read(account, table).of("RECORD") == []


def test_one_empty_list_leaves_the_key_as_it_is(account: Account) -> None:
    account.world.set_clip("wbs_export", 2, body="header_only", format="array")
    (schema,) = account.run(projects=account.projects("wbs_export")).ok().of("SCHEMA")
    assert schema["key_properties"] == ["project", "wbs_code"]
