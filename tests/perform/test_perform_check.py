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
from tests.perform.clips import BOTH, OTHER, QUAY, ROUTE, TABLE, dockets, lines, reasons

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
    clips.put(
        "wbs_export", lines("WBS Code,WBS Name", *(f"{row:06},Earth" for row in range(90_000)))
    )
    assert said(clips)[1:] == [
        f"{QUAY}:",
        f"  {TABLE}: ready, CSV, 4 columns, 20 rows",
        f"  {OTHER}: ready, JSON lines, 2 columns, 2 rows",
        "  wbs_export: ready, CSV, 2 columns, 90,000 rows",
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
    (failed,) = [line for line in found if line.startswith(f"  {TABLE}: {state}: ")]
    assert f"dataclip {TABLE} of {QUAY} " in failed
    assert sum(": ready, " in line for line in found) == 2
    assert found[-1] == "PERFORM-PARTIAL: A run will fail: 1 of 3 dataclips cannot be read."


@pytest.mark.parametrize(
    ("answer", "state", "code"), [(Answer(404), "missing", 1), (Answer(401), "refused", 77)]
)
def test_what_fails_for_one_reason_is_one_line_of_its_project(
    clips: Clips, answer: Answer, state: str, code: int
) -> None:
    for letter in "abcdefgh":
        clips.put(f"clip_{letter}", answer)
    clips.put(TABLE, answer, of=[ROUTE])
    found = said(clips, code)
    refused = f"  clip_a, clip_b, clip_c and 5 more: {state}: GET dataclip clip_a of {QUAY} at "
    assert (found[1], found[3]) == (f"{QUAY}:", f"{ROUTE}:")
    assert found[2].startswith(refused)
    assert found[4].startswith(f"  {TABLE}: {state}: ")
    assert len(found) == 6


def test_columns_that_only_other_projects_tell_are_one_line_for_each_reason(clips: Clips) -> None:
    for letter in "abcdefgh":
        clips.put(f"clip_{letter}", dockets(), of=BOTH)
        clips.put(f"clip_{letter}", Answer(404))
    told = [line for line in clips.run().lines if "only other projects tell the columns" in line]
    assert len(told) == 1
    assert f"clip_a, clip_b, clip_c and 5 more of {QUAY}: only other projects tell" in told[0]


@pytest.mark.parametrize(
    ("answer", "code", "kind"),
    [(Answer(401), 77, "AUTH"), (Answer(403), 77, "PLAN"), (Answer(404), 1, "PARTIAL")],
)
def test_check_ends_as_a_run_does_where_no_clip_can_be_read(
    clips: Clips, answer: Answer, code: int, kind: str
) -> None:
    clips.put(TABLE, answer, of=BOTH)
    found = said(clips, code=code)
    assert found[-1] == f"PERFORM-{kind}: A run will fail: 2 of 2 dataclips cannot be read."


HEADINGS = "Reference Code,Activity Name,Actual Start,Float Days"


@pytest.mark.parametrize(
    ("rows", "settings", "says"),
    [
        ((HEADINGS, "A1,Pour,31/01/2026,1"), {}, "set date_format for the project or the clip"),
        ((HEADINGS, *(f"A{n},Pour,,1" for n in range(9)), "A5,x,,1"), {}, "by which Bentley tells"),
        (("Activity Name,Float Days", "Pour,1"), {}, "has no column reference_code, which is part"),
        (
            (HEADINGS, ",Pour,,1"),
            {"types": {"Reference Code": "integer"}},
            "has no value in Reference Code",
        ),
        ((HEADINGS, "A1,Pour,,many"), {"on_bad_value": "fail"}, "'many' does not fit"),
        ((HEADINGS, "A1,Pour,,many"), {"on_drift": "fail"}, "'many' does not fit"),
    ],
)
def test_check_says_what_a_run_will_say(
    clips: Clips, rows: tuple[str, ...], settings: dict[str, Any], says: str
) -> None:
    clips.declared["activity_export"] = {"types": settings.get("types")}
    clips.put("activity_export", lines(*rows))
    clips.put("activity_export", lines(HEADINGS, "1,Pour,,1"), of=[ROUTE])
    given = {name: value for name, value in settings.items() if name != "types"}
    found = said(clips, code=1, config=_Given(clips.config(**given)))
    (reason,) = reasons(clips.run(**given), "activity_export")
    sentence = reason.partition(f"(project {QUAY}): ")[2]
    assert says in sentence
    assert found[1:] == [
        f"{QUAY}:",
        f"  activity_export: fails: {sentence}",
        f"{ROUTE}:",
        "  activity_export: ready, CSV, 4 columns, 1 row",
        "PERFORM-PARTIAL: A run will fail: 1 of 2 dataclips cannot be read.",
    ]


def test_check_says_of_all_clips_why_there_is_no_table(clips: Clips) -> None:
    clips.put("activity_export", lines("Activity Name,Float Days", "Pour,1"), of=BOTH)
    found = said(clips, code=1)
    why = clips.run().error
    assert "has no column reference_code, by which Bentley tells its rows apart" in why
    assert [line for line in found if why in line] == [f"  activity_export: fails: {why}"] * 2


def test_check_says_what_does_not_fit_and_is_kept(clips: Clips) -> None:
    clips.put("activity_export", lines(HEADINGS, "1,Pour,,many", "2,Pour,,3"))
    _, _, ready, odd, _ = said(clips)
    assert ready == "  activity_export: ready, CSV, 4 columns, 2 rows"
    assert odd.startswith("    1 values of Float Days do not fit their type and are sent as null")


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (STALE, "stale", 0),
        (Answer(503), "not ready", 0),
        (Answer(401), "refused", 77),
        (Answer(403), "forbidden", 77),
    ],
)
def test_check_asks_once_does_not_wait_and_is_content_with_what_may_come(
    clips: Clips, answer: Answer, state: str, code: int
) -> None:
    for table in (TABLE, OTHER):
        clips.put(table, answer)
    found = said(clips, code)
    assert found[2].startswith(f"  {TABLE}, {OTHER}: {state}: ")
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
    found_lines = said(clips, code=1, suggest=True, check=False, config=config)
    text = "\n".join(found_lines)
    assert found_lines[-1] == (
        "# PERFORM-PARTIAL: 1 of 5 dataclips could not be read, and nothing is suggested for them: "
        f"event_export of {QUAY}."
    )
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
    (said_of_dates,) = (line for line in text.splitlines() if "no date_format" in line)
    assert said_of_dates == (
        f"# {QUAY}: no date_format reads all dates: %d/%m/%Y reads Start of {TABLE}; "
        f"%m/%d/%Y reads Finish of {TABLE}; %d/%m/%Y or %m/%d/%Y reads Due of {TABLE}; "
        f"none reads Posted of {TABLE}."
    )
    assert clips_in(text) == {TABLE: clips.at(TABLE)}


ACTIVITIES = "activity_export"


@pytest.mark.parametrize(
    ("rows", "signs", "rate"),
    [
        (("A1,7.5,1", "A2,8,2"), {}, "integer"),
        (('A1,"7,5",1', 'A2,8,"0,25"'), {"decimal_sign": ","}, "number"),
        (('A1,"1.207,5",1', 'A2,8,"0,25"'), {"decimal_sign": ",", "thousands_sign": "."}, "number"),
        (('A1,"1 207,5",1', "A2,8,2"), {"decimal_sign": ",", "thousands_sign": " "}, "integer"),
        (('A1,"1,207.5",1', "A2,8,2"), {"thousands_sign": ","}, "integer"),
        (('A1,2,"0,25"', "A2,8,2"), {"decimal_sign": ","}, "number"),
        (('A1,2,"1,250"', "A2,8,2"), {}, None),
    ],
)
def test_signs_of_numbers_are_suggested(
    clips: Clips, rows: tuple[str, ...], signs: dict[str, str], rate: str | None
) -> None:
    clips.put(ACTIVITIES, lines("Reference Code,Float Days,Rate", *rows))
    text = suggested(clips)
    (project,) = yaml.safe_load(text)["projects"]
    found = {name: project[name] for name in ("decimal_sign", "thousands_sign") if name in project}
    assert found == signs
    clip = project["dataclips"][ACTIVITIES]
    assert (clip["types"] if isinstance(clip, dict) else {}) == ({"Rate": rate} if rate else {})
    assert "do not fit" not in text


def test_signs_that_cannot_be_told_are_said(clips: Clips) -> None:
    clips.put(ACTIVITIES, lines("Reference Code,Float Days", 'A1,"1,207"', "A2,many"))
    text = suggested(clips)
    clip = f"dataclip {ACTIVITIES} of {QUAY}"
    assert f"# {clip}: 2 values of Float Days do not fit their type number: set decimal_" in text
    clips.put(ACTIVITIES, lines("Reference Code,Float Days", 'A1,"1,207"', "A2,3"))
    text = suggested(clips)
    assert f"# {QUAY}: what stands before fractions and what between thousands cannot be" in text
    assert (
        f"# {clip}: 1 values of Float Days do not fit their type number: set decimal_sign" in text
    )


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("31.01.2026", "%d.%m.%Y"),
        ("31-Jan-2026", "%d-%b-%Y"),
        ("5 May 2026", "%d %b %Y"),
        ("31/01/26", "%d/%m/%y"),
        ("2026/01/31", "%Y/%m/%d"),
        ("31/01/2026 00:00", "%d/%m/%Y"),
        ("2026-01-31", None),
        ("2026-01-31 00:00:00", None),
    ],
)
def test_the_form_of_documented_dates_is_suggested(
    clips: Clips, cell: str, date_format: str | None
) -> None:
    clips.put(ACTIVITIES, lines("Reference Code,Actual Start", f"A1,{cell}", "A2,"))
    text = suggested(clips)
    (project,) = yaml.safe_load(text)["projects"]
    assert project.get("date_format") == date_format
    assert project["dataclips"] == {ACTIVITIES: clips.at(ACTIVITIES)}
    assert "do not fit" not in text


@pytest.mark.parametrize("cell", ["31/01/2026 10:30", "2026-01-31 10:30:00", "2026-01-31T10:30Z"])
def test_times_of_day_in_a_column_of_dates_are_suggested(clips: Clips, cell: str) -> None:
    clips.put(ACTIVITIES, lines("Reference Code,Actual Start", f"A1,{cell}", "A2,"))
    text = suggested(clips)
    assert clips_in(text)[ACTIVITIES]["types"] == {"Actual Start": "date-time"}
    assert f"# dataclip {ACTIVITIES} of {QUAY}: Actual Start holds times of day" in text
    assert "do not fit" not in text


def test_dates_that_nothing_reads_are_said(clips: Clips) -> None:
    clips.put(ACTIVITIES, lines("Reference Code,Actual Start", "A1,week 5", "A2,2026-01-31"))
    said_of_it = "1 values of Actual Start do not fit their type date: set date_format, or another"
    assert f"# dataclip {ACTIVITIES} of {QUAY}: {said_of_it} type." in suggested(clips)


def test_codes_that_look_like_short_dates_stay_text(clips: Clips) -> None:
    clips.put(TABLE, lines("Node,Version", "01.02.03,1.2.26", "02.03.04,1.3.26"))
    assert clips_in(suggested(clips))[TABLE] == {
        "url": clips.at(TABLE),
        "primary_keys": ["Node"],
    }


@pytest.mark.parametrize("again", ["A1", ""])
def test_a_documented_key_that_does_not_hold_is_said(clips: Clips, again: str) -> None:
    rows = ("A1,Pour,x1", "A2,Pour,x2")
    clips.put(ACTIVITIES, lines("Reference Code,Activity Name,Ledger", *rows), of=BOTH)
    assert "the documented key" not in suggested(clips)
    rows = ("A1,Pour,x1", f"{again},Pour,x2")
    clips.put(ACTIVITIES, lines("Reference Code,Activity Name,Ledger", *rows))
    text = suggested(clips)
    assert (
        f"# {ACTIVITIES}: Reference Code, the documented key, repeats, is blank or is missing in "
        f"{QUAY}: a run refuses that, and primary_keys is below."
    ) in text
    for project in yaml.safe_load(text)["projects"]:
        assert project["dataclips"][ACTIVITIES]["primary_keys"] == ["Ledger"]


FAILING = "it repeats, is blank or is missing"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (["Ledger"], "key Ledger, as declared"),
        (["Activity Name"], f"key Activity Name, as declared, but {FAILING} in {QUAY}"),
        (["Ledger 2"], f"key Ledger 2, as declared, but {FAILING} in {QUAY}"),
        ([], "no key, as declared"),
    ],
)
def test_a_declared_key_goes_before_others(clips: Clips, key: list[str], told: str) -> None:
    rows = ("A1,Pour,x1", "A1,Pour,x2")
    clips.put(ACTIVITIES, lines("Reference Code,Activity Name,Ledger", *rows))
    clips.declared[ACTIVITIES] = {"primary_keys": key}
    text = suggested(clips)
    assert f"# {ACTIVITIES}, 2 rows: {told}\n" in text
    assert clips_in(text)[ACTIVITIES]["primary_keys"] == key
    assert "the documented key" not in text
