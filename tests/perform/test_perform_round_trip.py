"""Tables of text through the whole tap: what comes out is what went in, whatever its form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tap_perform.columns import columns_of
from taps_common.http import session
from tests.common.doubles import Answer
from tests.perform.clips import Clips
from tests.perform.forms import Grid, csv_forms, grids, json_forms, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_perform.tap import TapPerform
    from tests.common.runs import Row, Run
    from tests.perform.forms import Form

quickly = settings(phases=[Phase.generate])  # add Phase.shrink to look into a failure


@pytest.fixture(scope="module")
def wire() -> Iterator[Clips]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tap_perform.cell_file.MOST_ROWS", 2)  # tables of several batches
        patched.setattr("tap_perform.cell_file._IN_MEMORY", 64)  # which some outgrow
        found = Clips()
        patched.setattr(session, "connections", lambda _: found)
        yield found


def run(
    wire: Clips, forms: list[Form], *, together: bool, found: list[Any] | None = None, **given: Any
) -> Run:
    """Run the tap over a project per form, each with a table of its own or all with one."""
    projects = []
    for place, form in enumerate(forms):
        url = f"{wire.url}/{place}"
        wire.script[url] = [Answer(body=form.body, headers={"Content-Type": form.content_type})]
        clip = {"url": url, **form.declared}
        if together:  # what one project declares, all of them would have to bring
            clip.pop("columns", None)
        name = "clip" if together else f"clip_{place}"
        login = {"username": "u", "password": "secret"}
        projects.append({"name": f"p{place}", "dataclips": {name: clip}, **login})

    def before(tap: TapPerform) -> None:
        if found is not None:
            found.append(json.loads(tap.catalog_json_text))

    return wire.run(projects=projects, before=before, **given).ok()


def by_form(run: Run, forms: list[Form]) -> list[list[tuple[str, Row]]]:
    """Return the table's name and the record of each row, form by form."""
    found: dict[str, list[tuple[str, Row]]] = {f"p{place}": [] for place, _ in enumerate(forms)}
    for message in run.of("RECORD"):
        found[message["record"]["project"]].append((message["stream"], message["record"]))
    return [*found.values()]


def check(run: Run, grid: Grid, forms: list[Form]) -> list[str]:
    """Make sure that each form's records are the grid's rows, and return their ids."""
    ids: list[list[str]] = []
    known = {one["stream"]: one["schema"]["properties"] for one in run.of("SCHEMA")}
    for form, found in zip(forms, by_form(run, forms), strict=True):
        ids.append([record["_row_id"] for _, record in found])
        for (table, record), row in zip(found, grid.rows, strict=True):
            titles = {name: one["title"] for name, one in known[table].items() if "title" in one}
            columns = columns_of([grid.headings[place] for place in form.places], titles)
            values = {one.name: row[form.places[one.position]] or None for one in columns}
            own = {name: record[name] for name in ("project", "_row_id")}
            assert record == {**dict.fromkeys(known[table]), **own, **values}
    assert all(one == ids[0] for one in ids), "the same rows have the same ids in every form"
    assert len({*ids[0]}) == len(grid.rows)
    return ids[0]


@quickly
@given(spelled(), st.booleans())
def test_every_form_of_a_table_brings_its_rows_with_the_same_ids(
    wire: Clips, made: tuple[Grid, list[Form]], together: bool
) -> None:
    grid, forms = made
    discovered: list[Any] = []
    ids = check(run(wire, forms, together=together, found=discovered), grid, forms)
    known = {"catalog": discovered[0], "max_concurrency": 1}
    assert check(run(wire, forms, together=together, **known), grid, forms) == ids


@quickly
@given(st.data())
def test_ids_stay_when_rows_and_columns_move(wire: Clips, data: st.DataObject) -> None:
    grid = data.draw(grids(unique=True))
    order = data.draw(st.permutations(range(len(grid.headings))))
    moved = Grid(
        [grid.headings[place] for place in order],
        [[row[place] for place in order] for row in data.draw(st.permutations(grid.rows))],
    )
    forms = [data.draw(st.one_of(csv_forms(one), json_forms(one))) for one in (grid, moved)]
    before, after = by_form(run(wire, forms, together=False), forms)
    assert {row["_row_id"] for _, row in before} == {row["_row_id"] for _, row in after}
    assert len({row["_row_id"] for _, row in after}) == len(grid.rows)
