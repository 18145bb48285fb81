"""What `--check` and `--suggest` say."""

from __future__ import annotations

import contextlib
import io
import logging
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_perform.suggestion import without_secrets
from tap_perform.tap import TapPerform
from tests.common.doubles import Answer
from tests.common.runs import turning
from tests.perform.clips import BOTH, OTHER, QUAY, ROUTE, TABLE, dockets, lines

if TYPE_CHECKING:
    from tests.perform.clips import Clips

COST = (
    "A full run of all tables sends at least 5 requests: one per dataclip, and one for the "
    "headings of each where no catalog is given."
)
STALE = Answer(body=b"dataclip stale")


class _Given:
    """Settings as the command line hands them on."""

    parse_env = False

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config


def said(clips: Clips, code: int = 0, **options: Any) -> list[str]:
    """Return what an option of the command prints; it ends with the code."""
    output, ended = io.StringIO(), 0
    logging.getLogger().addHandler(handler := logging.StreamHandler(io.StringIO()))
    try:
        with contextlib.redirect_stdout(output):
            kind = turning(TapPerform, clips.clock)
            given: dict[str, Any] = {"check": True, "config": _Given(clips.config())}
            kind.invoke(**given | options)
    except SystemExit as stop:
        ended = int(stop.code or 0)
    finally:
        logging.getLogger().removeHandler(handler)
    assert ended == code
    return output.getvalue().splitlines()


def test_check_says_what_each_clip_is(clips: Clips) -> None:
    clips.put(TABLE, dockets(), of=BOTH)
    clips.put(OTHER, b'{"a": 1, "b": 2}\n{"a": 3}')
    clips.put(OTHER, b'[{"a": 1}]', of=[ROUTE])
    clips.put("wbs_export", lines("WBS Code,WBS Name", *["01.02,Earth"] * 200_000))
    assert said(clips)[1:] == [
        f"{QUAY}:",
        f"  {TABLE}: ready, CSV, 4 columns, 20 rows",
        f"  {OTHER}: ready, JSON lines, 2 columns, 2 rows",
        "  wbs_export: ready, CSV, 2 columns",
        f"{ROUTE}:",
        f"  {TABLE}: ready, CSV, 4 columns, 20 rows",
        f"  {OTHER}: ready, a JSON array of objects, 1 columns, 1 row",
        COST,
    ]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(401), "refused"),
        (Answer(403), "forbidden"),
        (Answer(404), "missing"),
        (Answer(500), "fails"),
        (Answer(body=b"<html>"), "fails"),
        (Answer(body=b"a,b\r\n1\r\n"), "fails"),
    ],
)
def test_check_names_the_clip_that_cannot_be_read(clips: Clips, answer: Answer, state: str) -> None:
    clips.put(TABLE, answer)
    clips.put(OTHER, dockets(), of=BOTH)
    found = said(clips, code=1)
    assert found[2].startswith(f"  {TABLE}: {state}: ")
    assert f"dataclip {TABLE} of {QUAY} " in found[2]
    assert sum(": ready, " in line for line in found) == 2
    assert found[-1] == "PERFORM-PARTIAL: A run will fail: 1 of 3 dataclips cannot be read."


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (STALE, "stale", 0),
        (Answer(503), "not ready", 0),
        (Answer(401), "refused", 1),
        (Answer(403), "forbidden", 1),
    ],
)
def test_check_asks_once_does_not_wait_and_is_content_with_what_may_come(
    clips: Clips, answer: Answer, state: str, code: int
) -> None:
    for table in (TABLE, OTHER):
        clips.put(table, answer)
    found = said(clips, code)
    assert [line.split(": ")[1] for line in found[2:4]] == [state] * 2
    assert (clips.clock.waits, len(clips.asked)) == ([], 2)


def test_what_is_suggested_holds_for_all_rows_and_keeps_no_secret(clips: Clips) -> None:
    clips.put(TABLE, lines("Docket,Day", *(f"D{day},{day}/12/2026" for day in range(1, 31))))
    clips.put(TABLE, lines("Docket,Day", "D1,01/02/2026"), of=[ROUTE])
    rows = (f"{row % 5},{row % 4},31/01/2026,1.{row}" for row in range(20))
    clips.put(OTHER, lines("Person Id,Role Code,Day,Rate", *rows))
    clips.put("wbs_export", lines("WBS Code,Level", "01,1", "01,2"))
    clips.put("event_export", Answer(404))
    clips.declared[TABLE] = {"types": {"Docket": "string"}}
    projects = clips.projects()
    projects[0]["dataclips"][OTHER] = clips.at(OTHER).replace("//", "//us:pw@") + "?token=t"
    config = _Given(clips.config(projects=projects))
    text = "\n".join(said(clips, suggest=True, check=False, config=config))
    assert not [word for word in ("s3cret", "us3r", "pw", "=t\n") if word in text]
    assert f"# dataclip event_export of {QUAY}: nothing to go by: GET dataclip event_exp" in text
    assert f"# {ROUTE}: whether day or month comes first cannot be told: set date_for" in text
    assert f"# {TABLE}, 31 rows: key Docket" in text
    assert f"# {OTHER}, 20 rows: key Person Id, Role Code" in text
    assert "# wbs_export, 2 rows: no key was found, each row gets an id" in text
    found = {one["name"]: one for one in yaml.safe_load(text)["projects"]}
    assert found[QUAY]["date_format"] == "%d/%m/%Y"
    clip = found[QUAY]["dataclips"][OTHER]
    assert clip["url"] == f"{clips.at(OTHER)}?token=***"
    assert clip["types"] == {"Day": "date", "Rate": "number"}
    assert clip["primary_keys"] == ["Person Id", "Role Code"]
    assert found[QUAY]["dataclips"]["event_export"] == clips.at("event_export")


def suggested(clips: Clips, **settings: Any) -> str:
    config = _Given(clips.config(**settings))
    return "\n".join(said(clips, suggest=True, check=False, config=config))


def clips_in(text: str) -> dict[str, Any]:
    """Return what is suggested for the clips of the only project."""
    (project,) = yaml.safe_load(text)["projects"]
    found: dict[str, Any] = project["dataclips"]
    return found


def test_what_its_name_or_bentley_says_to_be_text_stays_text(clips: Clips) -> None:
    texts = "WBS Code,PersonID,Phone,Post Code,Docket Number,Year,Ref. No.,Lot #"
    rows = ("7,7,7,7,7,7,7,7,3,4.5", "7,7,7,7,7,7,7,7,3,4.5")
    clips.put(TABLE, lines(f"{texts},Nodes,Identity Rate", *rows))
    clips.put("activity_export", lines("Reference Code,Cost Type,Location,Size", "1,2,True,3"))
    found = clips_in(suggested(clips))
    assert found[TABLE]["types"] == {"Nodes": "integer", "Identity Rate": "number"}
    assert found["activity_export"]["types"] == {"Size": "integer"}
    for stream in clips.discovered(infer_types=True)["streams"]:
        columns = stream["schema"]["properties"]
        typed = {name for name, one in columns.items() if "string" not in one["type"]}
        assert typed == ({"nodes", "identity_rate"} if stream["stream"] == TABLE else {"size"})


def test_the_first_text_that_is_unique_is_the_key(clips: Clips) -> None:
    rows = (f"{row // 2},{row},{row}/01/2026,L{row},U{row}" for row in range(1, 9))
    clips.put(TABLE, lines("Group Id,Size,Day,Ledger,Supervisor UUID", *rows))
    assert clips_in(suggested(clips))[TABLE]["primary_keys"] == ["Ledger"]


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (" /a%20b/C?", "/a%20b/C?"),
        ("HTTPS://me:p%40ss@quay.example/d?b=&a=x%26y=z&key#part", "?b=&a=***&***#part"),
        ("https://quay.example:443/a@b?x=y@z", "https://quay.example:443/a@b?x=***"),
    ],
)
def test_an_address_is_printed_as_it_is_given_without_secrets(given: str, printed: str) -> None:
    found = without_secrets(given)
    assert found.endswith(printed)
    assert not [word for word in ("me:", "p%40ss", "x%26y", "key", "y@z") if word in found]


def test_days_first_beside_months_first_are_said(clips: Clips) -> None:
    rows = ("31/01/2026,01/31/2026,01/02/2026,31/01/2026", "30/01/2026,,,01/31/2026")
    clips.put(TABLE, lines("Start,Finish,Due,Posted", *rows))
    projects = [one | {"null_values": ["-"]} for one in clips.projects()]
    text = suggested(clips, projects=projects)
    assert yaml.safe_load(text)["projects"][0]["null_values"] == ["-"]
    assert (
        f"# {QUAY}: no date_format reads all dates: the day comes first in Start of {TABLE}; the "
        f"month in Finish of {TABLE}; now this, now that, or neither, in Posted of {TABLE}."
    ) in text
    assert clips_in(text) == {TABLE: clips.at(TABLE)}
