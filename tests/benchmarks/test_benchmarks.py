"""The benchmarks: what they compare is comparable, and what they print follows from the figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from benchmarks import goals, reading
from benchmarks.contenders import at_once, bare, download, plain, tap
from benchmarks.environments import ROOT
from benchmarks.loaders import LOADINGS
from benchmarks.loading import Loaded, Round
from benchmarks.measure import Figures
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.services import CLICKTIME, CLOCKIFY
from benchmarks.start_up import OPTIONS, PLAIN, Ended, StartUp
from tap_clicktime.tap import TapClickTime
from tap_clockify.streams.time_entries import TimeEntries

if TYPE_CHECKING:
    from benchmarks.contenders import Contender

ONE, FOUR = tap(CLOCKIFY, 1), tap(CLOCKIFY, 4)
NONE, SIX = at_once(CLOCKIFY), tap(CLOCKIFY, 1, members=6)
SLOW = plain(CLOCKIFY, rounds=0)


def result(scenario: Scenario, **walls: list[float]) -> reading.Result:
    names = {"none": NONE, "one": ONE, "four": FOUR, "slow": SLOW}
    figures: dict[Contender, list[Figures]] = {
        names[name]: [Figures(wall, wall / 2, 50) for wall in taken]
        for name, taken in walls.items()
    }
    return reading.Result(scenario, 1_000, dict.fromkeys(figures, 40), figures)


def test_all_ask_for_pages_of_the_same_size() -> None:
    assert TimeEntries.page_size == CLOCKIFY.page_size
    settings = TapClickTime.config_jsonschema["properties"]
    assert settings["page_size"]["default"] == CLICKTIME.page_size


def test_meltano_has_the_settings_that_are_measured_as_shipped() -> None:
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]
    shipped = {one["name"]: one["config"] for one in plugins["loaders"]}
    (clockify,) = [one for one in plugins["extractors"] if one["name"] == "tap-clockify"]
    shipped["target-duckdb"]["add_metadata_columns"] = clockify["metadata_columns"]
    for loading in LOADINGS:
        (measured,) = [one for one in loading.loaders if one.shipped]
        assert measured.settings.items() <= shipped[measured.plugin].items()


@pytest.mark.thorough
def test_a_small_account_is_read_by_everybody() -> None:
    contenders = (ONE, NONE, SIX, bare(CLOCKIFY), replace(download(CLOCKIFY), rounds=0))
    scenario = Scenario(
        "small", "Small", contenders, members=3, entries=600, rounds=1, latency_ms=20
    )
    measured = reading.measure(scenario)
    assert measured.rows == 540, "60 are of the second workspace"
    assert measured.requests[bare(CLOCKIFY)] == 4
    assert measured.requests[ONE] == measured.requests[NONE] == measured.requests[SIX] - 3
    assert {len(rounds) for rounds in measured.figures.values()} == {1}
    table = "\n".join(measured.lines())
    assert "`small`: 540 time entries in pages of at most 5,000" in table
    assert all(f"| {one.label} | 1 |" in table for one in contenders)


def test_medians_and_ratios() -> None:
    read = result(SCENARIOS[0], none=[4.0], one=[1.0, 2.0, 4.0], four=[1.0, 1.0, 1.0], slow=[30.0])
    assert read.rate(ONE) == 500
    assert read.times(FOUR, ONE) == 2, "the median of pairs"
    assert read.times(ONE, SLOW) == 15, "the medians' quotient, as rounds differ"
    lines = list(read.lines())
    assert "| tap-clockify, 1 worker | 3 | 500 | 2.00 | 1.00 | 50 | 40 | 2.00 | 15.00 |" in lines
    assert "| plain SDK tap | 1 | 33 | 30.00 | 15.00 | 50 | 40 | - | 1.00 |" in lines


def test_the_limit_is_latency_or_work() -> None:
    slow = replace(SCENARIOS[0], latency_ms=100)
    read = result(slow, none=[4.0], one=[5.0], four=[3.0], slow=[30.0])
    assert read.limit(ONE) == 4, "40 requests of 100 ms, one after another"
    assert read.limit(FOUR) == 2, "the work takes longer than a quarter of that"
    assert read.limit(NONE) is None, "it is the work"
    assert result(slow, one=[5.0]).limit(ONE) is None


def test_goals_are_met_or_missed() -> None:
    read = result(SCENARIOS[0], one=[2.0], slow=[29.0])
    others = [one for one in SCENARIOS[0].contenders if one not in read.figures]
    figures = {**read.figures, **{one: [Figures(2, 1, 90)] for one in others}}
    measured = replace(read, figures=figures)
    told = [str(goal) for goal in goals.read({"members-40": measured})]
    assert told[0] == (
        "- missed: 1 worker, against the plain SDK tap: 14.5 times (goal: at least 15 times)"
    )
    assert told[1] == "- met: 1 worker, against the bare loop: 1 times (goal: at least 1 times)"
    memory = "peak memory at 1,000 time entries"
    assert told[3] == f"- met: 1 worker, {memory}: 50 MiB (goal: at most 100 MiB)"
    assert told[4] == f"- measured: default settings, {memory}: 90 MiB"


def test_the_share_of_the_tap_is_what_it_worked() -> None:
    loading = LOADINGS[-1]
    one = Round(alone=Figures(8, 7, 300), pipe=10, tap=Figures(9, 1.5, 60))
    loaded = Loaded(loading, 1_000, [Figures(2, 1, 60)], {each: [one] for each in loading.loaders})
    (goal,) = goals.loaded({loading.name: loaded})
    assert str(goal).startswith("- missed: the tap's own time of a pipe into target-postgres: 15 %")
    assert list(loaded.lines())[-2].endswith("| 125 | 8.00 | 300 | 1.00 | 10.00 | 1.50 | 15.0 |")


def test_start_up_is_compared_by_cpu() -> None:
    commands = [("tap_clockify", option) for option in OPTIONS]
    commands += [(PLAIN, option) for option in OPTIONS]
    cpu = {"tap_clockify": 0.6, PLAIN: 0.4}
    figures = {one: [Figures(9, cpu[one[0]], 50)] for one in commands}
    ended = Ended(StartUp(modules=("tap_clockify", PLAIN), rounds=1), figures)
    assert "| tap-clockify --version | 9.00 | 0.60 | 50 | 1.50 |" in list(ended.lines())
    assert all("missed" in str(goal) for goal in goals.started(ended))
