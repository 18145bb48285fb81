"""The record way against the SDK's own, and both against what the cells say."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

from tap_perform.tap import TapPerform
from taps_common.http.request import Response
from taps_common.records.utc import in_utc
from tests.common.doubles import Answers
from tests.common.runs import Run, TurningClock, run_in_process, turning
from tests.perform.forms import csv_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taps_common.http.cost import Cost
    from taps_common.http.request import Request

Record: TypeAlias = "dict[str, Any]"
Cells: TypeAlias = "Mapping[str, str]"
Typed: TypeAlias = "dict[str, Spelled]"
CLIP = "clip"


class SlowTap(TapPerform):
    """The same tap with a message writer that takes no pages: everything goes the SDK's way."""

    message_writer_class = SimpleSingerWriter  # type: ignore[assignment]  # the SDK's


WAYS = {"fast": TapPerform, "slow": SlowTap}
ALL_WAYS = pytest.mark.parametrize("way", WAYS)


class Digits(NamedTuple):
    """A number with a point or an exponent, by how it is spelled in a line."""

    text: str

    def __str__(self) -> str:
        return self.text


class Clip(Answers):
    """Stands where the session does: one body, whatever is asked."""

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        body = self.by_path["body"]
        if cost:
            cost.add(requests=1)
        return Response(body, spool=io.BytesIO(body))


class Setup(NamedTuple):
    """How a run is set up: its clip, its settings, and what its catalog leaves out."""

    clip: Record
    given: Record
    hidden: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def run(way: str, rows: Sequence[Cells], setup: Setup, *, discovered: bool = True) -> Run:
    """Run a tap one way over rows, with the columns of the first one."""
    known = [one for one in rows[0] if one not in setup.unknown]
    clip = {"url": "https://made.up/clip", "delimiter": ",", **setup.clip}
    project = {"name": "p", "username": "u", "password": "secret", "dataclips": {CLIP: clip}}
    config = {"projects": [project], **setup.given}
    catalog = json.loads(tap("fast", body_of(known, []))(config=dict(config)).catalog_json_text)
    for entry in catalog["streams"][0]["metadata"]:
        entry["metadata"]["selected"] = setup.hidden.isdisjoint(entry["breadcrumb"][1:])
    return run_in_process(
        tap(way, body_of([*rows[0]], rows)),
        config,
        catalog=catalog if discovered else None,
        number=Digits,  # type: ignore[arg-type]  # a text
    )


def tap(way: str, body: bytes) -> type[TapPerform]:
    return type("Made", (turning(WAYS[way], TurningClock()),), {"session": Clip({"body": body})})


def body_of(headings: Sequence[str], rows: Sequence[Cells]) -> bytes:
    table = [headings, *([row[heading] for heading in headings] for row in rows)]
    return "".join(csv_line(row) + "\r\n" for row in table).encode()


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tap_perform.cell_file.MOST_ROWS", 2)
        yield


# -- made-up cells ---------------------------------------------------------------------------------

SPECIAL = ["", '"', "\\", "\n", "\r\n", "\u2028", "\x85", "日本 🕐", '{"a":1}\n', "NaN", "1E5"]
letters = st.characters(codec="utf-8", exclude_characters="\x00")
texts = st.one_of(st.sampled_from(SPECIAL), st.text(letters, max_size=6))


class Spelled(str):
    """A cell, and the value that it has on a line, numbers by their digits."""

    __slots__ = ("value",)
    value: object

    def __new__(cls, cell: str, value: object) -> Spelled:  # noqa: PYI034 - not in Python 3.10
        made = super().__new__(cls, cell)
        made.value = value
        return made


digits = st.text("0123456789", min_size=1, max_size=25)
signs = st.sampled_from(["", "+", "-"])
exponents = st.sampled_from(["", "e5", "E-7", "E+0", "E99", "e-0099"])
integers = st.builds(lambda sign, all_: Spelled(sign + all_, int(sign + all_)), signs, digits)
numbers = st.one_of(
    st.builds("{}{}.{}{}".format, signs, digits, digits, exponents),
    st.builds("{}{}{}".format, signs, digits, exponents),
    st.builds("{}{}.".format, signs, digits),
    st.builds("{}.{}{}".format, signs, digits, exponents),
    st.sampled_from(["1.10", "-0", "0.00", "1234567890123456789.0123456789"]),
).map(lambda cell: Spelled(cell, json.loads(str(Decimal(cell)), parse_float=Digits)))
TRUTHS = ["True", "TRUE", "yes", "1", "False", "fAlse", "No", "0"]
truths = st.sampled_from([Spelled(cell, place < 4) for place, cell in enumerate(TRUTHS)])
zones = st.sampled_from(["", "Z", "z", "+02:00", "-11:30"])
seconds = st.sampled_from(["", ":00", ":59", ":01.5", ":59.9999999"])
clocks = st.builds(
    lambda clock, seconds, zone: Spelled(
        f"{clock:%H:%M}{seconds}{zone}", f"{clock:%H:%M}{seconds or ':00'}{zone.upper()}"
    ),
    *(st.times(), seconds, zones),
)
plain_days = st.dates().map(lambda day: Spelled(f"{day}", f"{day}"))
slashed_days = plain_days.map(lambda day: Spelled("/".join(reversed(day.split("-"))), day.value))


def utc(text: str) -> str | None:
    """Return an ISO timestamp as it leaves; None where there is none in UTC."""
    try:
        return in_utc(text)
    except ValueError:
        return None


def types_in(date_format: str | None) -> dict[str, st.SearchStrategy[Spelled]]:
    """Return cells of each type, as a project with that format spells its dates."""
    dates = slashed_days if date_format else plain_days
    marks = st.just(" ") if date_format else st.sampled_from("Tt ")
    timestamps = st.builds(
        lambda day, mark, clock: Spelled(day + mark + clock, utc(f"{day.value}T{clock.value}")),
        *(dates, marks, clocks),
    ).filter(lambda one: one.value)
    return {
        "string": texts.map(lambda text: Spelled(text, text or None)),
        "integer": padded(integers),
        "number": padded(numbers),
        "boolean": padded(truths),
        "date": padded(dates),
        "date-time": padded(timestamps),
        "time": padded(clocks),
    }


def padded(cells: st.SearchStrategy[Spelled]) -> st.SearchStrategy[Spelled]:
    """Cells with blanks around them now and then, and blank cells."""
    around = st.builds(lambda pad, one: Spelled(f"{pad}{one}{pad}", one.value), pads, cells)
    return st.one_of(around, around, around, st.just(Spelled("", None)))


pads = st.sampled_from(["", "", " ", "  "])
formats = st.sampled_from([None, "%d/%m/%Y"])
TYPES = {kind.title(): kind for kind in types_in(None)}
"""Type of each column, by its heading."""
NAMES = {heading: heading.lower().replace("-", "_") for heading in TYPES}

WRONG = {
    "integer": ["1.0", "1E5", "1_0", "x", "٣", "- 1"],
    "number": ["1,5", "nan", "inf", "1e", ".", "1_0.5", "1E99999"],
    "boolean": ["t", "2"],
    "date": ["2024-13-01", "20240131", "2024-01-31T00:00", "31.01.2024", "yesterday"],
    "date-time": ["2024-01-31", "2024-01-31 24:00", "2024-01-31T7:05", "soon"],
    "time": ["7:05", "25:00", "07:05+99:00", "noon"],
}

quickly = settings(
    phases=[Phase.generate],  # add Phase.shrink to look into a failure
)

# -- one way against the other ---------------------------------------------------------------------


@st.composite
def setups(draw: st.DrawFn) -> tuple[list[Cells], Setup]:
    """Rows that fit their types or not, in any setting, with any selection."""
    date_format = draw(formats)
    right = {heading: types_in(date_format)[kind] for heading, kind in TYPES.items()}
    wrong = st.sampled_from([cell for cells in WRONG.values() for cell in cells])
    odd = {heading: st.one_of(*[cells] * 9, wrong) for heading, cells in right.items()}
    row = st.fixed_dictionaries({**odd, "New": texts, "New?": texts})
    rows = draw(st.lists(row, min_size=(length := draw(st.integers(1, 9))), max_size=length))
    table = [{"Id": str(place % 7), **row} for place, row in enumerate(rows)]
    keys = st.sampled_from([None, [], ["Id"], ["Id", "String"], ["Id", "Integer"]])
    clip = {"types": TYPES, "date_format": date_format, "primary_keys": draw(keys)}
    given_ = {
        "on_new_column": draw(st.sampled_from(["warn", "extra", "extra"])),
        "on_bad_value": draw(st.sampled_from(["null", "null", "fail"])),
        "emit_activate_version_messages": draw(st.booleans()),
    }
    typed = [*NAMES.values()] if given_["on_bad_value"] == "null" else []
    columns = [*typed, "string", "_row_id", "_extra", "id", "project"]
    hidden = draw(st.frozensets(st.sampled_from(columns), max_size=6))
    unknown = draw(st.sampled_from([{"New", "New?"}, {"New", "New?", "Number"}, set()]))
    return [*table], Setup(clip, given_, hidden, frozenset(unknown))


@quickly
@given(setups())
def test_both_ways_write_the_same_messages(made: tuple[list[Cells], Setup]) -> None:
    rows, setup = made
    fast, slow = (run(way, rows, setup) for way in WAYS)
    assert (fast.code, fast.error) == (slow.code, slow.error)
    assert comparable(fast.messages) == comparable(slow.messages)
    assert fast.code or len(fast.records(CLIP)) == len(rows)
    kept = {"project", "_row_id", *map(str.lower, setup.clip["primary_keys"] or ())}
    assert not setup.hidden - kept & {name for one in fast.records(CLIP) for name in one}


def comparable(messages: Sequence[Record]) -> list[str]:
    """Return messages as text, which tells 1 from true."""
    return [json.dumps(message, sort_keys=True) for message in messages]


NOTHING: list[Record] = [
    {"stream_maps": {CLIP: {}}},
    {"flattening_enabled": True, "flattening_max_depth": 2},
]


@quickly
@given(setups())
def test_maps_and_flattening_that_do_nothing_change_nothing(
    made: tuple[list[Cells], Setup],
) -> None:
    rows, setup = made
    plain = run("fast", rows, setup).of("RECORD")
    for nothing in NOTHING:
        changed = run("fast", rows, setup._replace(given=setup.given | nothing)).of("RECORD")
        assert comparable(changed) == comparable(plain)


# -- both against what came ------------------------------------------------------------------------


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Typed], Setup]:
    """Rows that fit their types."""
    date_format = draw(formats)
    cells = types_in(date_format)
    right = st.fixed_dictionaries({heading: cells[kind] for heading, kind in TYPES.items()})
    rows = draw(st.lists(right, min_size=1, max_size=5))
    return rows, Setup({"types": TYPES, "date_format": date_format}, {})


def values_of(rows: Sequence[Typed]) -> list[str]:
    return comparable([{NAMES[heading]: one.value for heading, one in row.items()} for row in rows])


def own_values(found: Run) -> list[str]:
    """Return what a run sent of the columns of the clip."""
    records = found.records(CLIP)
    return comparable([{name: record[name] for name in NAMES.values()} for record in records])


@ALL_WAYS
@quickly
@given(tables())
def test_cells_arrive_as_their_values(way: str, made: tuple[list[Typed], Setup]) -> None:
    rows, setup = made
    found = run(way, rows, setup).ok()
    assert own_values(found) == values_of(rows)
    assert found.output.count(b"\n") == len(found.messages)


@quickly
@given(
    tables(), st.sampled_from([(kind, cell) for kind in WRONG for cell in WRONG[kind]]), st.data()
)
def test_a_cell_that_does_not_fit_fails_and_is_named_or_is_null_and_counted(
    made: tuple[list[Typed], Setup], wrong: tuple[str, str], data: st.DataObject
) -> None:
    rows, setup = made
    place = data.draw(st.integers(0, len(rows) - 1))
    heading, cell = wrong[0].title(), wrong[1]
    rows[place][heading] = Spelled(cell, None)
    versions = {"emit_activate_version_messages": True}
    failed = run("fast", rows, setup._replace(given=versions))
    assert failed.code == 1
    assert f"row {place + 1}, column {heading}: {cell!r} does not fit" in failed.log
    assert own_values(failed) == values_of(rows)[: place // 2 * 2]
    assert not failed.versioned
    nulls = run("fast", rows, setup._replace(given={"on_bad_value": "null"})).ok()
    assert own_values(nulls) == values_of(rows)
    assert f"1 values of {heading} do not fit" in nulls.log


@ALL_WAYS
@quickly
@given(st.lists(st.dictionaries(texts, texts, min_size=1, max_size=4), min_size=1, max_size=3))
def test_columns_that_the_catalog_does_not_know_are_kept_as_they_came(
    way: str, made: list[dict[str, str]]
) -> None:
    headings = {heading for row in made for heading in row}
    rows = [{"Known": "x", **dict.fromkeys(headings, ""), **row} for row in made]
    setup = Setup({}, {"on_new_column": "extra"}, unknown=frozenset(headings))
    for record, row in zip(run(way, rows, setup).ok().records(CLIP), rows, strict=True):
        kept = {heading: cell for heading, cell in row.items() if cell and heading != "Known"}
        assert json.loads(record["_extra"] or "{}") == kept
        assert {*record} == {"project", "_row_id", "known", "_extra"}


PLAIN = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.decimals(-(10**6), 10**6, places=2).map(str),
    st.sampled_from(["True", "False", "", "0.10", "-0.5", "007", "1E5", "9" * 19]),
    st.dates().map(str),
)


@quickly
@given(st.lists(st.fixed_dictionaries({"a": PLAIN, "b": PLAIN}), min_size=1, max_size=3))
def test_types_that_are_inferred_lose_nothing(rows: list[Cells]) -> None:
    plain = run("fast", rows, Setup({}, {}), discovered=False).ok()
    typed = run("fast", rows, Setup({}, {"infer_types": True}), discovered=False).ok()
    for record in typed.records(CLIP):
        record.update({name: str(value) for name, value in record.items() if value is not None})
    assert typed.records(CLIP) == plain.records(CLIP)


def test_a_stream_map_is_applied() -> None:
    maps = {CLIP: {"shout": "a.upper()", "b": None, "__filter__": "n > 1", "__alias__": "clips"}}
    rows = [{"a": "x", "b": "y", "N": number} for number in ("1", "2")]
    found = run("fast", rows, Setup({"types": {"N": "integer"}}, {"stream_maps": maps})).ok()
    (record,) = found.records("clips")
    assert (record["shout"], record["n"], "b" in record) == ("X", 2, False)
