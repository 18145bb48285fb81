"""The record way against the SDK's own, and both against what the cells say."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

from tap_perform.tap import TapPerform
from taps_common.http.request import Response
from tests.common.doubles import Answers
from tests.common.runs import Run, TurningClock, run_in_process, turning
from tests.perform.forms import csv_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taps_common.http.cost import Cost
    from taps_common.http.request import Request

Record: TypeAlias = "dict[str, Any]"
Cells: TypeAlias = "Mapping[str, str]"
CLIP = "clip"


class SlowTap(TapPerform):
    """The same tap with a message writer that takes no pages: everything goes the SDK's way."""

    message_writer_class = SimpleSingerWriter  # type: ignore[assignment]  # the SDK's


class Digits(NamedTuple):
    """A number with a point or an exponent, by how it is spelled in a line."""

    text: str


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


def run(
    rows: Sequence[Cells],
    setup: Setup,
    *,
    discovered: bool = True,
    kind: type[TapPerform] = TapPerform,
) -> Run:
    """Run a tap over rows, with the columns of the first one."""
    known = [one for one in rows[0] if one not in setup.unknown]
    clip = {"url": "https://made.up/clip", "delimiter": ",", **setup.clip}
    project = {"name": "p", "username": "u", "password": "secret", "dataclips": {CLIP: clip}}
    config = {"projects": [project], **setup.given}
    first = tap(TapPerform, body_of(known, []))
    catalog = json.loads(first(config=dict(config)).catalog_json_text)
    for entry in catalog["streams"][0]["metadata"]:
        entry["metadata"]["selected"] = setup.hidden.isdisjoint(entry["breadcrumb"][1:])
    return run_in_process(
        tap(kind, body_of([*rows[0]], rows)),
        config,
        catalog=catalog if discovered else None,
        number=Digits,  # type: ignore[arg-type]  # a text
    )


def tap(kind: type[TapPerform], body: bytes) -> type[TapPerform]:
    return type("Made", (turning(kind, TurningClock()),), {"session": Clip({"body": body})})


def body_of(headings: Sequence[str], rows: Sequence[Cells]) -> bytes:
    table = [headings, *([row[heading] for heading in headings] for row in rows)]
    return "".join(csv_line(row) + "\r\n" for row in table).encode()


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tap_perform.cell_file.MOST_ROWS", 2)
        yield


def comparable(messages: Sequence[Record]) -> list[str]:
    """Return messages as text, which tells 1 from true."""
    return [json.dumps(message, sort_keys=True) for message in messages]


# -- cells, and what they are on a line ------------------------------------------------------------

DMY = "%d/%m/%Y"
RIGHT: dict[str, list[tuple[str, str]]] = {
    "string": [
        *((text, json.dumps(text)) for text in (" a ", '"', "\\", "\n", "\r\n", "\u2028", "NaN")),
        *((text, json.dumps(text)) for text in ("日本 🕐", '{"a":1}\n', "1E5", "<b>", "\x85")),
    ],
    "integer": [("+7", "7"), (" -007 ", "-7"), ("9" * 25, "9" * 25), ("-0.00", "0")],
    "number": [
        *((text, text) for text in ("1.10", "0.00", "1234567890123456789.0123456789", "-12")),
        *(("+.5", "0.5"), ("5.", "5"), (" -.5E-3 ", "-0.0005"), ("1e5", "1E+5"), ("2E99", "2E+99")),
    ],
    "boolean": [
        *((cell, "true") for cell in ("True", "TRUE", " yes ", "1")),
        *((cell, "false") for cell in ("False", "fAlse", "No", "0")),
    ],
    "date": [("2024-02-29", '"2024-02-29"'), (" 0001-01-31 ", '"0001-01-31"')],
    "date-time": [
        ("2024-02-29 07:05", '"2024-02-29T07:05:00"'),
        ("2024-02-29t07:05:01.1234567z", '"2024-02-29T07:05:01.123456Z"'),
        ("2024-02-29T07:05:59+02:00", '"2024-02-29T05:05:59Z"'),
    ],
    "time": [("07:05", '"07:05:00"'), ("07:05:01.5z", '"07:05:01.5Z"')],
}
"""Cells of each type, and how they are spelled on a line."""
WRONG = {
    "integer": ["1.5", "1E5", "1_0", "x", "٣", "- 1"],
    "number": ["1,5", "nan", "inf", "1e", ".", "1_0.5", "1E99999"],
    "boolean": ["tt", "2"],
    "date": ["2024-13-01", "20240131", "2024-01-31T24:00", "2024/01/31", "yesterday"],
    "date-time": ["2024-01-32", "2024-01-31 24:00", "2024-01-31T7:05", "soon"],
    "time": ["7:05", "25:00", "07:05+99:00", "noon"],
}
HEADINGS = {kind.title(): kind for kind in RIGHT}
"""Type of each column, by its heading."""
NAMES = {heading: heading.lower().replace("-", "_") for heading in HEADINGS}
TYPED = Setup({"types": HEADINGS}, {})

letters = st.characters(codec="utf-8", exclude_characters="\x00")
texts = st.one_of(st.sampled_from(["", *dict(RIGHT["string"])]), st.text(letters, max_size=6))
quickly = settings(phases=[Phase.generate])  # add Phase.shrink to look into a failure


def right_rows() -> list[dict[str, str]]:
    """Return rows that have each cell of each type at least once, and blank ones."""
    cells = {heading: [*dict(RIGHT[kind]), ""] for heading, kind in HEADINGS.items()}
    length = max(map(len, cells.values()))
    return [{name: one[row % len(one)] for name, one in cells.items()} for row in range(length)]


def values(rows: Sequence[Cells]) -> list[Record]:
    """Return what records should hold of rows; cells that do not fit are null."""
    spelled = {heading: dict(RIGHT[kind]) for heading, kind in HEADINGS.items()}
    return [
        {
            NAMES[heading]: json.loads(found.get(row[heading], "null"), parse_float=Digits)
            for heading, found in spelled.items()
        }
        for row in rows
    ]


def own(found: Run) -> list[Record]:
    """Return what a run sent of the columns of the clip."""
    return [{name: one[name] for name in NAMES.values()} for one in found.records(CLIP)]


def test_cells_arrive_as_their_values() -> None:
    rows = right_rows()
    found = run(rows, TYPED).ok()
    assert comparable(own(found)) == comparable(values(rows))
    assert found.output.count(b"\n") == len(found.messages)


@pytest.mark.parametrize("kind", WRONG)
def test_a_cell_that_does_not_fit_fails_and_is_named_or_is_null_and_counted(kind: str) -> None:
    heading = kind.title()
    for place, cell in enumerate(WRONG[kind]):
        rows = right_rows()
        rows[place][heading] = cell
        strict = {"emit_activate_version_messages": True, "on_bad_value": "fail"}
        failed = run(rows, TYPED._replace(given=strict))
        assert f"row {place + 1}, column {heading}: {cell!r} does not fit" in failed.log
        assert comparable(own(failed)) == comparable(values(rows)[: place // 2 * 2])
        assert (failed.code, failed.versioned) == (1, [])
        nulls = run(rows, TYPED._replace(given={"on_bad_value": "null"})).ok()
        assert comparable(own(nulls)) == comparable(values(rows))
        assert f"1 values of {heading} do not fit" in nulls.log


@quickly
@given(st.lists(st.dictionaries(texts, texts, min_size=1, max_size=4), min_size=1, max_size=3))
def test_columns_that_the_catalog_does_not_know_are_kept_as_they_came(
    made: list[dict[str, str]],
) -> None:
    headings = {heading for row in made for heading in row}
    rows = [{"Known": "x", **dict.fromkeys(headings, ""), **row} for row in made]
    setup = Setup({}, {"on_new_column": "extra"}, unknown=frozenset(headings))
    for record, row in zip(run(rows, setup).ok().records(CLIP), rows, strict=True):
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
    plain = run(rows, Setup({}, {}), discovered=False).ok()
    typed = run(rows, Setup({}, {"infer_types": True}), discovered=False).ok()
    records = typed.records(CLIP)
    for record in records:
        spelled = {
            name: one.text if isinstance(one, Digits) else one for name, one in record.items()
        }
        record.update({name: str(one) for name, one in spelled.items() if one is not None})
    assert records == plain.records(CLIP)


# -- one way against the other ---------------------------------------------------------------------


@st.composite
def setups(draw: st.DrawFn) -> tuple[list[Cells], Setup]:
    """Rows that fit their types or not, in any setting, with any selection."""
    wrong = [cell for cells in WRONG.values() for cell in cells]
    odd = {
        heading: st.one_of(*[st.sampled_from(["", *dict(RIGHT[kind])])] * 9, st.sampled_from(wrong))
        for heading, kind in HEADINGS.items()
    }
    row = st.fixed_dictionaries({**odd, "New": texts, "New?": texts})
    rows = draw(st.lists(row, min_size=1, max_size=9))
    table = [{"Id": str(place % 7), **row} for place, row in enumerate(rows)]
    keys = st.sampled_from([None, [], ["Id"], ["Id", "String"], ["Id", "Integer"]])
    date_format = draw(st.sampled_from([None, DMY]))
    clip = {"types": HEADINGS, "date_format": date_format, "primary_keys": draw(keys)}
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


NOTHING: list[Record] = [
    {"stream_maps": {CLIP: {}}},
    {"flattening_enabled": True, "flattening_max_depth": 2},
]
"""Settings that take another way and change nothing."""


@quickly
@given(setups(), st.sampled_from(NOTHING))
def test_all_ways_write_the_same_messages(made: tuple[list[Cells], Setup], nothing: Record) -> None:
    rows, setup = made
    fast, slow = run(rows, setup), run(rows, setup, kind=SlowTap)
    assert (fast.code, fast.error) == (slow.code, slow.error)
    assert comparable(fast.messages) == comparable(slow.messages)
    mapped = run(rows, setup._replace(given=setup.given | nothing)).of("RECORD")
    assert comparable(mapped) == comparable(fast.of("RECORD"))
    assert fast.code or len(fast.records(CLIP)) == len(rows)
    kept = {"project", "_row_id", *map(str.lower, setup.clip["primary_keys"] or ())}
    assert not setup.hidden - kept & {name for one in fast.records(CLIP) for name in one}


def test_a_stream_map_is_applied() -> None:
    maps = {CLIP: {"shout": "a.upper()", "b": None, "__filter__": "n > 1", "__alias__": "clips"}}
    rows = [{"a": "x", "b": "y", "N": number} for number in ("1", "2")]
    found = run(rows, Setup({"types": {"N": "integer"}}, {"stream_maps": maps})).ok()
    (record,) = found.records("clips")
    assert (record["shout"], record["n"], "b" in record) == ("X", 2, False)
