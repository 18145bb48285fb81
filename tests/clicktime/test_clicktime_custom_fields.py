"""Custom fields: as they come, as rows, and as columns of their own."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tap_clicktime.custom_fields import kind_of, pairs, without_annotations
from taps_common.records.custom_columns import CustomColumn
from taps_common.records.json_text import text_of
from tests.clicktime.runs import CUSTOM_TABLES, VERSIONS, Account, copied, same, true_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.runs import Row, Run

ONLY: dict[str, Any] = {"entity_sets": ["TimeEntries"]}
MODES = pytest.mark.parametrize("mode", ["object", "string"])


@pytest.fixture
def few(start: Callable[..., Account]) -> Account:
    """A company with 40 time entries."""
    return start(entries=40)


def fields_of(run: Run, ident: str, table: str = "time_entry_custom_fields") -> list[Row]:
    """Return the custom fields of a row, without what they copy from it."""
    owner = run.of("SCHEMA", table)[0]["key_properties"][0]
    return [
        {name: row[name] for name in ("Name", "Value", "ValueType")}
        for row in run.records(table)
        if row[owner] == ident
    ]


# -- the forms of custom fields --------------------------------------------------------------------

NAMES = (
    *(
        "plain",
        "Client's",
        'the "far" one',
        "back\\slash/",
        "Größe 🚧 日本",
        "line\nbreak",
        "{}",
        "",
    ),
    *("line\u2028separator", "mail@example.test", "a.b.c", "ID", "Name", "Value", " ", "Budget"),
    *("Budget@2026", "@home", "Budget@odata.example"),
)
KINDS: dict[str, list[object]] = {
    "string": ["", '"x"', "12", "null", "NaN"],
    "number": [5, 9_007_199_254_740_993, -3, 12.5, 0.1, 0],
    "boolean": [True, False],
    "null": [None],
    "array": [[1, "a", None], []],
    "object": [{"k": [True, 2.5]}, {}],
}
FIELDS = dict.fromkeys(NAMES, ("x", "string")) | {
    f"{kind} {value}": (value, kind) for kind, values in KINDS.items() for value in values
}
"""Values by names of every sort, with what a row has as ValueType."""


@MODES
@pytest.mark.parametrize("style", ["aspnet", "v401"])
def test_names_and_values_of_every_sort_are_rows(few: Account, mode: str, style: str) -> None:
    few.world.switch(metadata_style=style)
    held = {name: value for name, (value, _) in FIELDS.items()}
    ident = few.world.insert_entry(CustomFields=held)
    run = few.run(custom_fields=mode, **ONLY).ok()
    assert [(*row.values(),) for row in fields_of(run, ident)] == [
        (
            name,
            value if kind in {"string", "null"} else json.dumps(value, separators=(",", ":")),
            kind,
        )
        for name, (value, kind) in FIELDS.items()
    ]
    (row,) = [row for row in run.records("time_entries") if row["ID"] == ident]
    assert json.loads(row["CustomFieldsStr"]) == held
    if mode == "object":
        assert same(row["CustomFields"], held)
    assert copied(run).differences(few.world, ["time_entry_custom_fields"]) == {}


LISTS: dict[str, tuple[list[dict[str, Any]], list[tuple[str | None, str | None, str]]]] = {
    "Name": (
        [{"Name": "A", "Value": "x"}, {"Name": "B", "Value": 5}],
        [("A", "x", "string"), ("B", "5", "number")],
    ),
    "name": ([{"name": "A", "value": None}], [("A", None, "null")]),
    "key": (
        [{"Key": "A", "Value": [1]}, {"key": "B", "value": {}}],
        [("A", "[1]", "array"), ("B", "{}", "object")],
    ),
    "more": (
        [{"ID": "7", "DisplayName": "A", "Value": True, "Type": "t"}],
        [("A", "true", "boolean")],
    ),
    "no value": ([{"Name": "A"}], [("A", None, "null")]),
    "none": ([], []),
    "no name": ([{"Value": 1}, {"Name": 5}], [(None, "1", "number"), (None, None, "null")]),
}


@pytest.mark.parametrize("form", LISTS)
@pytest.mark.parametrize("spelled", [lambda listed: listed, json.dumps], ids=["list", "text"])
def test_a_list_of_pairs_is_read(form: str, spelled: Callable[[object], object]) -> None:
    listed, expected = LISTS[form]
    found = [(name, text_of(value), kind_of(value)) for name, value in pairs(spelled(listed))]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        *((text, 0) for text in ("", " ", "null", "{}", "[]", "\n")),
        *((text, 1) for text in ("no JSON", "{", '{"a":1', "5", '"text"', "{'a': 1}")),
        ("[1, 2]", 2),
        ("[" * 100_000, 1),
        ('{"a":1e99999999999999999999}', 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_text_that_says_nothing_is_no_field_and_other_text_has_no_name(
    text: str, unreadable: int
) -> None:
    assert [name for name, _ in pairs(text)] == [None] * unreadable


def test_text_that_says_no_fields_is_counted_and_unversions_the_table(few: Account) -> None:
    world = few.world
    ident = true_rows(world, "time_entries")[0]["ID"]
    true = true_rows(world, "time_entry_custom_fields")
    others = [row for row in true if row["TimeEntryID"] != ident]
    world.edit_entry(ident, CustomFieldsStr="no JSON")
    run = few.run(custom_fields="string", **ONLY, **VERSIONS).ok()
    assert fields_of(run, ident) == []
    assert len(run.records("time_entry_custom_fields")) == len(others)
    assert run.versioned == ["time_entries"], "rows that are missing are not gone"
    assert "time_entry_custom_fields: " in run.log
    assert "left out: a part of their key is empty" in run.log
    (row,) = [row for row in run.records("time_entries") if row["ID"] == ident]
    assert row["CustomFieldsStr"] == "no JSON"


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        ({"@odata.type": "#N.Free", "Rate": 1, "Rate@odata.type": "#Int64"}, {"Rate": 1}),
        ({"@type": "#N.Free", "@N.Hint": "x", "a@b@type": "#Int64", "a@b": 1}, {"a@b": 1}),
        ({"Job@odata.navigationLink": "Jobs(1)", "in": [{"@id": "x", "y": 2}]}, {"in": [{"y": 2}]}),
        *(
            ({"Rate": 1, name: 2}, {"Rate": 1, name: 2})
            for name in (
                "Rate@night",
                "@home",
                "Rate@odata.example",
                "e@mail",
                "50 % @ night",
                "x@",
            )
        ),
    ],
    ids=str,
)
def test_annotations_are_stripped_and_names_with_an_at_are_kept(
    held: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert without_annotations(held) == kept


# -- whole runs ------------------------------------------------------------------------------------


@MODES
def test_both_forms_bring_the_same_tables(few: Account, mode: str) -> None:
    run = few.run(custom_fields=mode, page_size=7).ok()
    assert copied(run).differences(few.world, CUSTOM_TABLES.values()) == {}
    if mode == "string":
        (question,) = few.first_questions("Jobs")
        assert "CustomFieldsStr" in question["$select"].split(",")
        assert "CustomFields" not in question["$select"].split(",")
        assert "CustomFields" not in run.schema("jobs")
        assert all("CustomFields" not in row for row in run.records("jobs"))
        assert any(row["CustomFieldsStr"] for row in run.records("jobs"))


@MODES
def test_without_fields_there_are_no_rows(few: Account, mode: str) -> None:
    for number, row in enumerate(true_rows(few.world, "time_entries")):
        few.world.edit_entry(row["ID"], CustomFields={} if number % 2 else None)
    run = few.run(custom_fields=mode, **ONLY, **VERSIONS).ok()
    assert run.counts() == {"time_entries": 40}
    assert sorted(run.versioned) == ["time_entries", "time_entry_custom_fields"]


@MODES
def test_a_form_that_the_user_may_not_see_makes_no_table_version(few: Account, mode: str) -> None:
    hidden = {"object": ["CustomFields", "CustomFieldsStr"], "string": ["CustomFieldsStr"]}[mode]
    few.world.switch(hidden={"TimeEntries": hidden})
    run = few.run(custom_fields=mode, **ONLY, **VERSIONS).ok()
    assert run.counts() == {"time_entries": 40}
    assert run.versioned == ["time_entries"]
    assert "time_entry_custom_fields: no row of time_entries has CustomFields" in run.log


def test_the_text_stands_in_for_an_object_that_the_user_may_not_see(few: Account) -> None:
    few.world.switch(hidden={"TimeEntries": ["CustomFields"]})
    run = few.run(**ONLY).ok()
    assert copied(run).differences(few.world, ["time_entry_custom_fields"]) == {}


@MODES
@pytest.mark.parametrize(("table", "child"), [*CUSTOM_TABLES.items()][:2])
def test_a_table_of_custom_fields_is_selected_alone(
    few: Account, mode: str, table: str, child: str
) -> None:
    catalog = few.catalog([child], custom_fields=mode)
    few.reset()
    run = few.run(catalog=catalog, custom_fields=mode, page_size=7).ok()
    assert set(run.counts()) == {child}
    assert copied(run).differences(few.world, [child]) == {}
    sets = {one.path.rpartition("/")[2] for one in few.asked()} - {"$metadata"}
    assert len(sets) == 1
    (question,) = few.first_questions(sets.pop())[:1]
    held = {"object": "CustomFields", "string": "CustomFieldsStr"}[mode]
    dated = {"Date"} if table == "time_entries" else set()
    asked = set(question["$select"].split(","))
    assert asked >= {"ID", held} | dated
    assert asked <= {"ID", held, "CustomFieldsStr"} | dated, "nothing that no table needs"


def test_rows_of_fields_do_not_need_the_column_they_are_of(few: Account) -> None:
    without = [("time_entries", "CustomFields"), ("time_entries", "CustomFieldsStr")]
    catalog = few.catalog(["time_entries", "time_entry_custom_fields"], without=without)
    run = few.run(catalog=catalog).ok()
    assert copied(run).differences(few.world, ["time_entry_custom_fields"]) == {}
    rows = run.records("time_entries")
    assert len(rows) == 40
    assert not any(row.keys() & {"CustomFields", "CustomFieldsStr"} for row in rows)


# -- columns ---------------------------------------------------------------------------------------

BEYOND = 9_007_199_254_740_993
DIGITS = "0.10000000000000000001"
FITS: dict[str, list[tuple[object, object]]] = {
    "string": [("x", "x"), ("", ""), (5, "5"), (12.5, "12.5"), (True, "true"), ([1], "[1]")],
    "number": [
        *((5, 5), (12.5, Decimal("12.5")), ("12.50", Decimal("12.50")), (-3, -3), ("", None)),
        *((BEYOND, BEYOND), (DIGITS, Decimal(DIGITS))),
    ],
    "integer": [(5, 5), (5.0, 5), ("5", 5), (-3, -3), (BEYOND, BEYOND), ("", None)],
    "boolean": [(True, True), (False, False), ("true", True), ("false", False), ("", None)],
    "date": [("2026-01-31", "2026-01-31"), ("0001-01-01", "0001-01-01"), ("", None)],
    "date-time": [
        *(("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"), ("", None)),
        ("2026-01-31T12:00:00.1234567+02:00", "2026-01-31T10:00:00.123456Z"),
        ("2026-01-31T23:59:59.9999999-05:00", "2026-02-01T04:59:59.999999Z"),
    ],
}
"""Values of a custom field, with what a column of each type holds then."""

MISFITS: dict[str, list[object]] = {
    "string": [],
    "number": ["x", "1,5", True, [1], {"a": 1}, "NaN", "Infinity", "-inf", "sNaN"],
    "integer": [12.5, "x", [1]],
    "boolean": ["maybe", 12.5, [True]],
    "date": ["31.01.2026", "2026-02-30", 5, True],
    "date-time": ["0001-01-01T00:00:00+14:00", "soon", True, [], 5, "12.5", 1_700_000_000],
}


@MODES
@pytest.mark.parametrize("kind", FITS)
def test_a_field_has_a_column_of_its_type(few: Account, kind: str, mode: str) -> None:
    given = [*FITS[kind], (None, None), *((value, None) for value in MISFITS[kind])]
    made = {
        few.world.insert_row("jobs", ClientID="c", CustomFields={"F": value}): expected
        for value, expected in given
    }
    for fields in ({"G": 1}, None):
        made[few.world.insert_row("jobs", ClientID="c", CustomFields=fields)] = None
    settings: dict[str, Any] = {"custom_field_columns": {"Jobs": [{"name": "F", "type": kind}]}}
    run = few.run(entity_sets=["Jobs"], page_size=7, custom_fields=mode, **settings).ok()
    dated = kind.startswith("date")
    assert run.schema("jobs")["CustomField_F"] == {
        "type": ["string" if dated else kind, "null"],
        **({"format": kind} if dated else {}),
        "description": "Custom field F.",
    }
    found = {row["ID"]: row["CustomField_F"] for row in run.records("jobs")}
    for ident, expected in made.items():
        assert same(found[ident], expected), (found[ident], expected)
        assert isinstance(found[ident], bool) == isinstance(expected, bool)
    assert run.log.count("'F'") == bool(MISFITS[kind]), "one line, however many"
    assert copied(run).differences(few.world, ["job_custom_fields"]) == {}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Region", "CustomField_Region"),
        ("Cost Center", "CustomField_Cost_Center"),
        ("Client's reference", "CustomField_Client_s_reference"),
        ("Overtime?", "CustomField_Overtime"),
        ("Größe", "CustomField_Größe"),
        ("class", "CustomField_class"),
        ("1st", "CustomField_1st"),
        ("a@b.c", "CustomField_a_b_c"),
        ("Fläche m²", "CustomField_Fläche_m²"),
    ],
)
def test_the_name_of_a_column(name: str, column: str) -> None:
    assert CustomColumn(name).column == column


def test_the_set_may_be_named_by_its_table(few: Account) -> None:
    run = few.run(custom_field_columns={"time_entries": ["Region"]}, **ONLY).ok()
    true = {
        row["ID"]: (row["CustomFields"] or {}).get("Region")
        for row in true_rows(few.world, "time_entries")
    }
    assert {row["ID"]: row["CustomField_Region"] for row in run.records("time_entries")} == true
    assert any(true.values())


COLUMN: dict[str, Any] = {
    "custom_field_columns": {"Jobs": ["Region", {"name": "Cost Center", "type": "number"}]}
}


def test_a_column_may_be_deselected(few: Account) -> None:
    catalog = few.catalog(["jobs"], without=[("jobs", "CustomField_Cost_Center")], **COLUMN)
    run = few.run(catalog=catalog, **COLUMN).ok()
    assert all("CustomField_Cost_Center" not in row for row in run.records("jobs"))
    assert any(row["CustomField_Region"] for row in run.records("jobs"))


@MODES
def test_a_column_does_not_need_the_fields_to_be_selected(few: Account, mode: str) -> None:
    held = {"object": "CustomFields", "string": "CustomFieldsStr"}[mode]
    names = ["CustomFields", "CustomFieldsStr"] if mode == "object" else ["CustomFieldsStr"]
    catalog = few.catalog(
        ["jobs"], without=[("jobs", name) for name in names], custom_fields=mode, **COLUMN
    )
    few.reset()
    run = few.run(catalog=catalog, custom_fields=mode, page_size=7, **COLUMN).ok()
    (question,) = few.first_questions("Jobs")
    asked = question.get("$select", held).split(",")  # nothing where all is needed
    assert held in asked, "it is needed"
    assert not any("CustomField_" in one for one in asked)
    true = {row["ID"]: row["CustomFields"] or {} for row in true_rows(few.world, "jobs")}
    for row in run.records("jobs"):
        assert not row.keys() & {"CustomFields", "CustomFieldsStr"}
        assert row["CustomField_Region"] == true[row["ID"]].get("Region")
        assert same(row["CustomField_Cost_Center"], true[row["ID"]].get("Cost Center"))
