"""Columns and keys of a clip: what its headings, the settings and the catalog say of them."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.records.row_types import RESCUED
from tests.common.doubles import Answer
from tests.perform.clips import BOTH, QUAY, ROUTE, TABLE, VERSIONS, cells, lines, reasons

if TYPE_CHECKING:
    from tests.common.runs import Run, State
    from tests.perform.clips import Clips

KEYED = "activity_export"
"""A clip whose key is documented."""
ACTIVITIES = [f"A{row},Pour {row},1.5" for row in range(20)]

LOOK = "If the project should have them, look at the clip in Perform."
MISSING = f"{LOOK} Discover again if no project has them any more."


def read(clips: Clips, text: str | bytes, table: str = TABLE, **settings: Any) -> Run:
    """Read a clip of one project."""
    clips.put(table, text.encode() if isinstance(text, str) else text)
    return clips.run(**settings)


def discover(clips: Clips, text: str | bytes, **settings: Any) -> dict[str, Any]:
    clips.put(TABLE, text.encode() if isinstance(text, str) else text)
    return clips.discovered(**settings)


def activities(*rows: str, headings: str = "Reference Code,Activity Name,Float Days") -> bytes:
    return lines(headings, *(rows or ACTIVITIES))


# -- headings --------------------------------------------------------------------------------------


def test_a_heading_keeps_its_column_in_whatever_order_it_comes(clips: Clips) -> None:
    catalog = discover(clips, '[{"Name": "a", "NAME": "b", "Name": "c"}]')
    later = '[{"NAME": "e"}, {"Name": "d", "NAME": "f", "Name": "g"}]'
    assert cells(read(clips, later, catalog=catalog)) == [
        {"name": None, "name_2": "e", "name_3": None},
        {"name": "d", "name_2": "f", "name_3": "g"},
    ]


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        *((f"{one},B", [one.strip("[]{}").lower(), "b"]) for one in ("[Name]", "{Name}", "[Null]")),
        ("\u0301,field_cc81,class", ["\u0301", "field_cc81", "class"]),  # Python refuses two
        ("Project,_row_id,_extra,self", ["project_2", "row_id", "extra", "self"]),
        ("type,title,properties,__dict__", ["type", "title", "properties", "dict"]),
    ],
)
def test_a_heading_may_be_any_text(clips: Clips, headings: str, names: list[str]) -> None:
    row = [*map(str, range(len(names)))]
    found = cells(read(clips, f"{headings}\r\n{','.join(row)}\r\n"))
    assert found == [dict(zip(names, row, strict=True))]


def test_an_empty_json_list_has_the_columns_that_are_declared(clips: Clips) -> None:
    clips.declared[TABLE] = {"primary_keys": ["Id"], "types": {"Hours": "number"}}
    catalog = discover(clips, "[]")
    assert read(clips, "[]", catalog=catalog).ok().of("RECORD") == []
    text = '[{"Id": "7", "Hours": "1.50", "Who": "x"}]'
    run = read(clips, text, catalog=catalog, on_new_column="warn")
    assert cells(run) == [{"id": "7", "hours": 1.5}]
    assert "the catalog does not know, left out until you discover again: 'Who'" in run.log


def test_one_empty_list_leaves_the_key_as_it_is(clips: Clips) -> None:
    clips.put(KEYED, activities())
    clips.put(KEYED, b"[]", of=[ROUTE])
    (schema,) = clips.run().ok().of("SCHEMA")
    assert schema["key_properties"] == ["project", "reference_code"]
    clips.put(KEYED, b"[]", of=BOTH)
    assert clips.run().ok().of("SCHEMA")[0]["key_properties"] == ["project", "reference_code"]


@pytest.mark.parametrize("body", [b"a,b\r\n", b'{"fields": ["a", "b"], "values": []}'])
def test_nothing_but_headings_is_an_empty_table(clips: Clips, body: bytes) -> None:
    run = read(clips, body).ok()
    assert (run.of("RECORD"), [*run.schema(TABLE)]) == (
        [],
        ["project", "_row_id", "a", "b", RESCUED],
    )


@pytest.mark.parametrize(
    ("known", "text", "says"),
    [
        ("[]", '[{"a": "1"}]', f"knows no column of dataclip {TABLE} of {QUAY} yet: discover ag"),
        ("a,b\r\n1,2\r\n", "[{}, {}]", f"{TABLE} of {QUAY} has none of the columns that the cata"),
        ("a,b\r\n1,2\r\n", "c,d\r\n1,2\r\n", "none of the columns that the catalog has: it is an"),
    ],
)
def test_rows_without_a_column_that_the_catalog_knows_are_refused(
    clips: Clips, known: str, text: str, says: str
) -> None:
    run = read(clips, text, catalog=discover(clips, known), **VERSIONS)
    assert (run.code, run.of("RECORD"), run.versioned) == (1, [], [])
    assert says in reasons(run)[0]


def test_rows_without_a_column_that_the_settings_declare_are_refused(clips: Clips) -> None:
    clips.declared[TABLE] = {"types": {"Docket Date": "date"}}
    catalog = discover(clips, "Docket Date,Status\r\n2026-01-31,x\r\n")
    run = read(clips, "Status,Docket\r\n1,2\r\n", catalog=catalog)
    assert (run.code, run.of("RECORD")) == (1, [])
    assert "has none of the columns that the settings declare" in reasons(run)[0]


# -- columns that are new, or gone -----------------------------------------------------------------

NEW = 'Weather, "today"'


def with_a_new_column(clips: Clips, policy: str, *, discovered: str = "") -> Run:
    """Read two projects, the first of which has a column more than before."""
    clips.put(TABLE, lines("a,b", "1,2"), of=BOTH)
    catalog = clips.discovered(on_new_column=discovered or policy)
    clips.put(TABLE, lines(f'a,"{NEW.replace(chr(34), chr(34) * 2)}",b', '1,"x ""y"" z",2'))
    return clips.run(catalog=catalog, on_new_column=policy, **VERSIONS)


def test_a_new_column_is_left_out_and_named(clips: Clips) -> None:
    run = with_a_new_column(clips, "warn")
    left_out = f"columns that the catalog does not know, left out until you discover again: {NEW!r}"
    assert f"dataclip {TABLE} of {QUAY}: {left_out}" in run.log
    assert f"of {ROUTE}: columns" not in run.log
    assert (cells(run), run.versioned) == ([{"a": "1", "b": "2"}] * 2, [TABLE])


def test_a_new_column_fails_the_table(clips: Clips) -> None:
    run = with_a_new_column(clips, "fail")
    (reason,) = reasons(run)
    assert reason == (
        f"{TABLE} failed (project {QUAY}): dataclip {TABLE} of {QUAY} has columns that the "
        f"catalog does not know: {NEW!r}. Discover again; on_new_column is 'fail'."
    )
    assert (run.code, run.versioned) == (1, [])
    assert {row["project"] for row in run.records(TABLE)} == {ROUTE}


def test_a_new_column_is_kept_as_json(clips: Clips) -> None:
    run = with_a_new_column(clips, "extra")
    assert f"kept in _extra until you discover again: {NEW!r}" in run.log
    extra = {row["project"]: row["_extra"] for row in run.ok().records(TABLE)}
    assert extra.pop(ROUTE) is None
    assert json.loads(extra[QUAY]) == {NEW: 'x "y" z'}


def test_a_new_column_is_kept_where_a_catalog_from_before_has_no_extra(clips: Clips) -> None:
    run = with_a_new_column(clips, "extra", discovered="warn").ok()
    assert "_extra" not in run.schema(TABLE)
    assert f"kept in {RESCUED} until you discover again: {NEW!r}" in run.log
    kept = {row["project"]: row[RESCUED] for row in run.records(TABLE) if RESCUED in row}
    assert {one: json.loads(text) for one, text in kept.items()} == {QUAY: {NEW: 'x "y" z'}}


def test_nothing_is_said_to_be_kept_that_is_not(clips: Clips) -> None:
    clips.declared[TABLE] = {"types": {"a": "integer"}}
    clips.put(TABLE, lines("a,b", "1,2"))
    catalog = clips.discovered()
    for stream in catalog["streams"]:
        del stream["schema"]["properties"][RESCUED]
    clips.put(TABLE, lines("a,c,b", "x,3,2"))
    run = clips.run(catalog=catalog, on_new_column="extra").ok()
    assert cells(run) == [{"a": None, "b": "2"}]
    assert "left out until you discover again: 'c'" in run.log
    assert f"of {QUAY}: 1 values of a do not fit their type and are sent as null." in run.log


def test_every_unknown_column_is_kept_whatever_the_headings(clips: Clips) -> None:
    catalog = discover(clips, "Known\r\n1\r\n", on_new_column="extra")
    text = "Known,x,x,x_2,Other One\r\n1,2,3,4,5\r\n"
    (row,) = cells(read(clips, text, catalog=catalog, on_new_column="extra"))
    assert json.loads(row["_extra"]) == {"x": "2", "x_2": "3", "x_2_2": "4", "Other One": "5"}


def test_a_new_column_is_there_once_it_is_discovered(clips: Clips) -> None:
    clips.put(TABLE, lines("a,b", "1,2"))
    clips.put(TABLE, lines("a,New", "1,3"), of=[ROUTE])
    run = clips.run(on_new_column="fail")
    assert cells(run) == [{"a": "1", "b": "2", "new": None}, {"a": "1", "b": None, "new": "3"}]


def test_columns_that_are_gone_or_renamed_are_null_and_named(clips: Clips) -> None:
    clips.put(TABLE, lines("a,b", "1,2"), of=BOTH)
    catalog = clips.discovered()
    clips.put(TABLE, lines("a", "1", "2"))
    clips.put(TABLE, lines("a,B 2", "1,3"), of=[ROUTE])
    run = clips.run(catalog=catalog, on_new_column="warn")
    for project in BOTH:
        said = f"dataclip {TABLE} of {project}: columns are missing, sent as null: b. {MISSING}\n"
        assert said in run.log
    assert f"of {ROUTE}: columns that the catalog does not know, left out" in run.log
    assert cells(run) == [{"a": cell, "b": None} for cell in "121"]


def test_columns_that_came_or_went_since_the_last_run_are_named_without_a_catalog(
    clips: Clips,
) -> None:
    clips.put(TABLE, lines("a,b,C c", "1,2,3"), of=BOTH)
    state = clips.run().ok().state
    assert "last run" not in clips.run(state=state).ok().log
    clips.put(TABLE, lines("a,C c,N?,n", "1,3,4,5"), of=BOTH)
    run = clips.run(state=state).ok()
    for project in BOTH:
        clip = f"dataclip {TABLE} of {project}"
        assert run.log.count(f"{clip}: columns of the last run are gone: b. {LOOK}\n") == 1
        assert run.log.count(f"{clip}: columns that the last run had not: n\n") == 1
    assert "last run" not in clips.run(state=run.state).ok().log


def test_what_the_catalog_tells_of_columns_is_said_once(clips: Clips) -> None:
    clips.put(TABLE, lines("a,b,c", "1,2,3"))
    catalog = clips.discovered()
    state = clips.run(catalog=catalog).ok().state
    clips.put(TABLE, lines("a,c,d", "1,3,4"))
    log = clips.run(catalog=catalog, state=state).ok().log
    assert "columns are missing, sent as null: b" in log
    assert "until you discover again: 'd'" in log
    assert "last run" not in log


def test_columns_that_are_named_after_days_are_a_warning_once(
    clips: Clips, caplog: pytest.LogCaptureFixture
) -> None:
    states: list[State | None] = [None]

    def night(day: int, more: str = "") -> list[str]:
        caplog.clear()
        clips.put(TABLE, lines(f"a,{day}/11/2026,{day + 1}/11/2026{more}", f"1,2,3{more and ',4'}"))
        states.append(clips.run(catalog=catalog, state=states[-1]).ok().state)
        return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]

    catalog = discover(clips, "a,15/11/2026,16/11/2026\n1,2,3\n")
    assert len(night(16)) == 3  # one is missing, one is not in the catalog, its value is rescued
    assert night(17) == []
    assert night(18) == []
    assert all("Who" in line for line in night(19, ",Who"))


# -- headings of another table ---------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False], ids=["catalog", "discovery"])
def test_another_table_than_in_the_last_run_is_refused_until_it_is_accepted(
    clips: Clips, known: bool
) -> None:
    table = lines("Reference Code,Activity Name,Cost Code", "A1,Pour,4", "A2,Pour,4")
    day_one = read(clips, table, **VERSIONS).ok()
    assert day_one.state["bookmarks"][TABLE]["clips"][QUAY]["headings"] == [
        *("activity_name", "cost_code", "reference_code")
    ]
    given: dict[str, Any] = {"catalog": clips.discovered() if known else None, **VERSIONS}
    other = lines("Reference Code,Hours,Day", "A1,1,2", "A2,1,2")
    broken = read(clips, other, state=day_one.state, **given)
    assert broken.code == 1
    assert (
        f"dataclip {TABLE} of {QUAY} has 1 of the 3 columns of the last run: it is a message or "
        "another table. If it is right, discover again and run once with on_new_headings at "
        "'accept', or give the clip a better name in dataclips." in broken.said
    )
    assert not {"SCHEMA", "RECORD", "ACTIVATE_VERSION"} & {m["type"] for m in broken.messages}
    given = {"on_new_headings": "accept", **VERSIONS}
    accepted = read(clips, other, state=day_one.state, **given).ok()
    assert accepted.versioned == [TABLE]
    read(clips, other, state=accepted.state).ok()


@pytest.mark.parametrize(
    "title",
    [
        "Activity Export,,,",
        "# exported 2026,,,",
        ",,Activity Export,",
        "Exported:,2026-01-31,,",
        "\r\nActivity Export,,,\r\n,,,",
    ],
)
@pytest.mark.parametrize("rows", [3, 60_000], ids=["small", "large"])  # of a large one a part comes
def test_a_title_with_blank_cells_is_no_line_of_headings(
    clips: Clips, title: str, rows: int
) -> None:
    table = [f"Docket,Status,Hours,Day{row}" for row in range(rows)]
    run = read(clips, lines(title, *table))
    assert (run.code, run.messages) == (1, [])
    filled = 2 if "2026-" in title else 1
    assert (
        f"dataclip {TABLE} of {QUAY} has {filled} of 4 headings in its first line, and blank cells "
        "for the others: it is a title or a comment before the headings. Take it out in Perform; "
        "if the line is right, declare its headings in columns."
    ) in run.said


@pytest.mark.parametrize(
    ("headings", "columns"),
    [(",Value", []), ("a,b,c,,", []), ("a,b,,", ["a", "b"]), ("Docket,", ["Docket", ""])],
)
def test_blank_headings_of_a_table_are_no_title(
    clips: Clips, headings: str, columns: list[str]
) -> None:
    clips.declared[TABLE] = {"columns": columns}
    assert read(clips, lines(headings, headings)).ok().counts() == {TABLE: 1}


def test_half_of_the_columns_are_enough_and_an_old_state_is_taken(clips: Clips) -> None:
    run = read(clips, "a,b,c,d\r\n1,2,3,4\r\n").ok()
    run = read(clips, "a,b,x,y\r\n1,2,3,4\r\n", state=run.state).ok()
    state = read(clips, "[]", state=run.state).ok().state
    clip = state["bookmarks"][TABLE]["clips"][QUAY]
    assert clip.pop("headings") == ["a", "b", "x", "y"]
    read(clips, "p,q\r\n1,2\r\n", state=state).ok()


def test_a_documented_clip_without_a_documented_column_is_refused(clips: Clips) -> None:
    body = lines("Code,Hours", *(f"{row},1" for row in range(9)))
    run = read(clips, body, "wbs_export")
    assert (run.code, run.messages) == (1, [])
    assert f"wbs_export of {QUAY} has none of the columns that Bentley documents: " in run.said
    clips.declared["wbs_export"] = {"primary_keys": ["Code"], "types": {"Hours": "number"}}
    read(clips, body, "wbs_export").ok()


def test_a_single_heading_that_messages_have_is_a_column_where_the_settings_say_so(
    clips: Clips,
) -> None:
    clips.put("wbs_export", lines("Code", "1", "2"))
    clips.put(TABLE, lines("Code", "1"))
    clips.declared[TABLE] = clips.declared["wbs_export"] = {"columns": ["Code"], "primary_keys": []}
    catalog = clips.discovered()
    clips.declared[TABLE] = {"columns": ["Code", "Title"], "primary_keys": []}
    wide = clips.discovered()
    clips.declared[TABLE] = {"columns": ["Code"], "primary_keys": []}
    for one in (None, catalog, wide):
        assert clips.run(catalog=one).ok().counts() == {"wbs_export": 2, TABLE: 1}
    clips.declared["wbs_export"] = {"primary_keys": []}
    assert "declare its headings in `columns`" in clips.run().said


def test_documented_columns_that_lack_are_named_and_the_key_is_needed(clips: Clips) -> None:
    run = read(clips, activities(), KEYED).ok()
    assert f"{KEYED} of {QUAY} lacks 52 columns that Bentley documents: actual_" in run.log
    renamed = activities(headings="Activity Code,Activity Name,Float Days")
    run = read(clips, renamed, KEYED, state=run.state)
    assert (run.code, run.of("SCHEMA")) == (1, [])
    assert "has no column reference_code, by which Bentley tells its rows apart" in run.said


# -- keys ------------------------------------------------------------------------------------------


def test_a_key_by_the_heading_project_is_that_column(clips: Clips) -> None:
    clips.declared[TABLE] = {"primary_keys": ["Project"]}
    run = read(clips, "Project,B\r\n1,2\r\n3,4\r\n").ok()
    assert run.of("SCHEMA")[0]["key_properties"] == ["project", "project_2"]
    assert [row["project_2"] for row in run.records(TABLE)] == ["1", "3"]


@pytest.mark.parametrize(
    ("declared", "key"), [(["A"], ["a_2"]), (["a"], ["a"]), (["a", "A", "a"], ["a", "a_2"])]
)
def test_headings_that_differ_in_case_are_told_apart(
    clips: Clips, declared: list[str], key: list[str]
) -> None:
    clips.declared[TABLE] = {"primary_keys": declared, "types": {"A": "integer"}}
    run = read(clips, "a,A\r\nx,1\r\ny,2\r\n")
    assert cells(run) == [{"a": "x", "a_2": 1}, {"a": "y", "a_2": 2}]
    assert run.of("SCHEMA")[0]["key_properties"] == ["project", *key]


def test_a_key_that_no_column_has_is_named(clips: Clips) -> None:
    clips.declared[TABLE] = {"primary_keys": ["???"]}
    run = read(clips, "a,b\r\n1,2\r\n")
    assert run.code == 1
    assert f"{TABLE} has no column ???, which primary_keys names; it has a, b." in run.said


@pytest.mark.parametrize(
    ("kind", "rows", "says"),
    [
        ("integer", ("1", "01"), "1 rows have the key of another, and a target keeps one of each"),
        ("number", ("1.0", "1.00"), "1 rows have the key of another"),
        ("string", ("1", "1"), "1 rows have the key of another"),
        ("string", ("1", ""), "1 rows have no value in a column of their key."),
    ],
)
def test_a_declared_key_that_is_not_unique_or_blank_is_counted(
    clips: Clips, kind: str, rows: tuple[str, str], says: str
) -> None:
    clips.declared[TABLE] = {"primary_keys": ["a"], "types": {"a": kind}}
    run = read(clips, lines("a,b", *(f"{cell},x" for cell in rows)), **VERSIONS).ok()
    assert f"of {QUAY}: {says}" in run.log
    assert (len(run.records(TABLE)), run.versioned) == (2, [TABLE])
    assert None not in {row["a"] for row in run.records(TABLE)}


def test_a_documented_key_that_is_not_unique_fails_its_project(clips: Clips) -> None:
    clips.put(KEYED, activities(*ACTIVITIES, ACTIVITIES[5]))
    clips.put(KEYED, activities(), of=[ROUTE])
    run = clips.run(**VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    (reason,) = reasons(run, KEYED)
    assert "row 21 has the reference_code of another row, by which Bentley tells them" in reason
    assert "or none ([]) for an id per row" in reason
    assert {row["project"] for row in run.records(KEYED)} == {ROUTE}
    clips.declared[KEYED] = {"primary_keys": []}
    run = clips.run(**VERSIONS).ok()
    assert run.of("SCHEMA")[0]["key_properties"] == ["project", "_row_id"]
    assert len({(row["project"], row["_row_id"]) for row in run.records(KEYED)}) == 41


def test_a_column_of_the_key_that_is_gone_fails_its_project(clips: Clips) -> None:
    clips.put(KEYED, activities())
    catalog = clips.discovered()
    clips.put(KEYED, activities(headings="Code,Activity Name,Float Days"))
    run = clips.run(catalog=catalog, **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    assert (
        f"{QUAY} has no column reference_code, which is part of its key" in reasons(run, KEYED)[0]
    )


def test_a_key_that_the_catalog_does_not_have_is_refused(clips: Clips) -> None:
    clips.put(KEYED, activities())
    catalog = clips.discovered()
    clips.declared[KEYED] = {"primary_keys": ["Activity Name"]}
    run = clips.run(catalog=catalog)
    assert (run.code, run.messages) == (1, [])
    assert f"as the key of {KEYED}, the settings have another: discover again." in run.error


@pytest.mark.parametrize(("cell", "says"), [("many", "'many' does not fit"), (" ", "has no value")])
def test_a_cell_of_a_key_that_does_not_fit_is_never_null(
    clips: Clips, cell: str, says: str
) -> None:
    clips.declared[KEYED] = {"primary_keys": ["Float Days"]}
    rows = [f"A{row},Pour,{row}" for row in range(5)]
    clips.put(KEYED, activities(*rows, f"A5,Pour,{cell}"))
    run = clips.run(on_bad_value="null", **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    assert "row 6" in reasons(run, KEYED)[0]
    assert says in reasons(run, KEYED)[0]


# -- what else becomes of cells --------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["on_bad_value", "on_drift"])
def test_a_value_that_does_not_fit_fails_its_project(clips: Clips, setting: str) -> None:
    clips.put(KEYED, activities(*ACTIVITIES[:3], "A3,Pour,many"))
    clips.put(KEYED, activities(), of=[ROUTE])
    strict: dict[str, Any] = {setting: "fail"}
    run = clips.run(**strict, **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    (reason,) = reasons(run, KEYED)
    assert reason == (
        f"{KEYED} failed (project {QUAY}): dataclip {KEYED} of {QUAY}: row 4, column Float Days: "
        "'many' does not fit (no number). Correct its type, or the date_format, or set "
        "on_bad_value to null."
    )
    assert {row["project"] for row in run.records(KEYED)} == {ROUTE}


@pytest.mark.parametrize("cell", ["31/01/2026", "01/31/2026", "1.2.26", "31-01-2026 ", "3/4/2026"])
def test_dates_in_a_form_that_nobody_set_fail_with_the_setting_and_an_example(
    clips: Clips, cell: str
) -> None:
    clips.put(KEYED, lines("Reference Code,Actual Start", "A1,2026-01-31", f"A2,{cell}"))
    run = clips.run()
    assert (run.code, run.of("RECORD")) == (1, [])
    assert reasons(run, KEYED)[0].endswith(
        "row 2, column Actual Start: its dates are not written like 2026-01-31: set date_format "
        "for the project or the clip, such as '%d/%m/%Y' for 31/01/2026 or '%m/%d/%Y' for "
        "01/31/2026, or declare the column as string."
    )
    (_, row) = clips.run(on_bad_value="null").ok().records(KEYED)
    assert row.get("actual_start") is None
    for declared in ({"date_format": "%Y-%m-%d"}, {"types": {"Actual Start": "string"}}):
        clips.declared[KEYED] = declared
        (_, row) = clips.run().ok().records(KEYED)
        rescued = json.loads(row.get(RESCUED) or "{}")
        assert cell in (row.get("actual_start"), rescued.get("actual_start"))


def test_a_timestamp_in_such_a_form_fails_alike(clips: Clips) -> None:
    clips.declared[TABLE] = {"types": {"Sent": "date-time"}}
    clips.put(TABLE, lines("Docket,Sent", "D1,31/01/2026 07:05"))
    assert "row 1, column Sent: its dates are not written" in clips.run().log
    clips.put(TABLE, lines("Docket,Sent", "D1,soon"))
    assert clips.run().ok().counts() == {TABLE: 1}


def test_numbers_and_blanks_are_read_as_each_project_and_clip_spells_them(clips: Clips) -> None:
    types = {"Hours": "number", "Seats": "integer", "Open": "boolean"}
    clips.declared[TABLE] = {"types": types, "primary_keys": ["Docket"]}
    german = lines("Docket;Note;Hours;Seats;Open", "D1;n/a;1.234,50 €;1.000;t", "D2;N/A;-;;f")
    clips.put(TABLE, german)
    clips.put(TABLE, lines("Docket,Note,Hours,Seats,Open", 'n/a,-,"(1,234.5)",12,'), of=[ROUTE])
    projects = clips.projects()
    projects[0] |= {"decimal_sign": ",", "thousands_sign": ".", "null_values": ["-", "n/a"]}
    projects[1]["dataclips"][TABLE]["thousands_sign"] = ","
    rows = cells(clips.run(projects=projects, on_bad_value="fail"))
    rows = [{name: one for name, one in row.items() if one is not None} for row in rows]
    assert rows == [
        {"docket": "D1", "hours": Decimal("1234.50"), "seats": 1000, "open": True},
        {"docket": "D2", "note": "N/A", "open": False},
        {"docket": "n/a", "note": "-", "hours": Decimal("-1234.5"), "seats": 12},
    ]


def test_a_key_that_is_blank_as_the_settings_say_is_counted(clips: Clips) -> None:
    clips.declared[TABLE] = {"primary_keys": ["Docket"], "null_values": ["-"]}
    run = read(clips, "Docket,A\r\n-,1\r\nx,2\r\n").ok()
    assert "1 rows have no value in a column of their key" in run.log


def test_what_is_blank_by_a_setting_leaves_ids_as_they_are(clips: Clips) -> None:
    before = read(clips, "A,B\r\n-,1\r\n").ok().records(TABLE)
    clips.declared[TABLE] = {"null_values": ["-"]}
    after = clips.run().ok().records(TABLE)
    assert [row["_row_id"] for row in before] == [row["_row_id"] for row in after]
    assert (before[0]["a"], after[0].get("a")) == ("-", None)


def test_types_are_inferred_as_the_settings_spell_numbers(clips: Clips) -> None:
    clips.declared[TABLE] = {"decimal_sign": ",", "null_values": ["-"]}
    clips.put(TABLE, lines("Hours;Version;Size", "1,5;1.5;-", "2;2.5;7"))
    run = clips.run(infer_types=True).ok()
    found = [{"hours": Decimal("1.5"), "version": "1.5"}, {"hours": 2, "version": "2.5", "size": 7}]
    assert [{k: v for k, v in row.items() if v is not None} for row in cells(run)] == found


def test_rows_that_are_alike_have_ids_of_their_own(clips: Clips) -> None:
    found = [row["_row_id"] for row in read(clips, lines("a", "1", *"2222")).ok().records(TABLE)]
    assert found == [found[0], found[1], *(f"{found[1]}-{number}" for number in (2, 3, 4))]
    assert found[0] != found[1]


def test_blanks_alone_are_no_value(clips: Clips) -> None:
    clips.declared[TABLE] = {"types": {"a": "integer"}}
    assert cells(read(clips, "a,b\r\n ,  \r\n")) == [{"a": None, "b": "  "}]


def test_what_the_catalog_says_of_a_type_holds(clips: Clips) -> None:
    catalog = discover(clips, "a,b\r\n1,2\r\n")
    clips.declared[TABLE] = {"types": {"a": "number"}}
    run = read(clips, "a,b\r\n1,2\r\n", catalog=catalog)
    assert cells(run) == [{"a": "1", "b": "2"}]
    assert "the catalog's types hold, the settings have others for a: discover again" in run.log


def test_what_a_server_states_reaches_the_rows(clips: Clips) -> None:
    body = "Имя,Код\r\nЮлия,1\r\n".encode("cp1251")
    stated = {"Content-Type": "text/csv; charset=windows-1251"}
    clips.put(TABLE, Answer(body=body, headers=stated))
    assert cells(clips.run()) == [{"имя": "Юлия", "код": "1"}]


def test_what_had_to_be_assumed_is_said(clips: Clips) -> None:
    run = read(clips, "a,b\r\nÜberprüfung “A”,5 €\r\n".encode("cp1252"))
    assert cells(run) == [{"a": "Überprüfung “A”", "b": "5 €"}]
    assert f"{QUAY}: The body is not valid UTF-8 and was read as Windows-1252." in run.log


def test_columns_that_are_declared_are_not_asked_for(clips: Clips) -> None:
    clips.declared[TABLE] = {"columns": ["a", "b"]}
    assert cells(read(clips, "b,a\r\n1,2\r\n")) == [{"a": "2", "b": "1"}]
    assert clips.times(TABLE) == 1


def test_a_declared_delimiter_and_encoding_are_used(clips: Clips) -> None:
    clips.declared[TABLE] = {"delimiter": ";", "encoding": "cp1251"}
    body = "Имя,a;b;c\r\nЮлия,1;2;3\r\n".encode("cp1251")
    assert cells(read(clips, body)) == [{"имя_a": "Юлия,1", "b": "2", "c": "3"}]
    large = body + "Юлия,1;2;3\r\n".encode("cp1251") * 80_000  # of which the beginning is enough
    clips.put(TABLE, large)
    assert [*clips.discovered()["streams"][0]["schema"]["properties"]][2:-1] == ["имя_a", "b", "c"]
