"""Numbers among the settings: each one works from a file and from the environment."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.cli.settings import describe_errors
from tests.clicktime.runs import Account as ClickTime
from tests.clockify.runs import Account as Clockify
from tests.common.runs import NOW, AnyAccount
from tests.perform.runs import Account as Perform

if TYPE_CHECKING:
    from pathlib import Path

    from taps_common.cli.tap import ApiTap

TAPS: list[tuple[type[ApiTap], type[AnyAccount]]] = [
    (TapClockify, Clockify),
    (TapClickTime, ClickTime),
    (TapPerform, Perform),
]
each_tap = pytest.mark.parametrize(("tap", "kind"), TAPS, ids=[tap.name for tap, _ in TAPS])


def described(tap: type[ApiTap], kind: str) -> dict[str, dict[str, Any]]:
    """The settings of a type, the SDK's own included."""
    tap.append_builtin_config(tap.config_jsonschema)
    properties: dict[str, dict[str, Any]] = tap.config_jsonschema["properties"]
    return {name: one for name, one in properties.items() if kind in one.get("type", ())}


def numbers(tap: type[ApiTap]) -> dict[str, float]:
    """A number for each setting that takes one: a fraction where it may be, else a whole one."""
    fractions = described(tap, "number").items()
    whole = described(tap, "integer").items()
    return {name: one.get("default", 1000) + 0.5 for name, one in fractions} | {
        name: one.get("default", 1000) for name, one in whole
    }


@each_tap
def test_every_number_works_from_a_file_and_from_the_environment(
    tap: type[ApiTap], kind: type[AnyAccount], tmp_path: Path
) -> None:
    given = numbers(tap)
    with sandbox.start(now=NOW, entries=20) as running:
        account = kind(running)
        config = account.config(**given)
        if isinstance(account, Perform):
            config["projects"] = account.projects("docket_export")
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config | {name: float(given[name]) for name in given}))
        from_file = account.bare_command("--config", str(path)).ok()
        from_environment = account.command(**config).ok()
    assert sum(from_file.counts().values()) > 0
    assert from_file.counts() == from_environment.counts()


@pytest.mark.parametrize("tap", [tap for tap, _ in TAPS])
def test_a_number_out_of_range_is_one_sentence(tap: type[ApiTap]) -> None:
    """However large or small: what no clock, socket or float takes must not get that far."""
    for name in described(tap, "number"):
        for number in (-1, 10**400, float("inf"), float("nan")):
            (sentence,) = describe_errors({name: number}, tap.config_jsonschema)
            assert sentence.startswith(f"{name} must be ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"max_retries": 1.5}', "max_retries must be a whole number, not 1.5."),
        ('{"request_timeout": 0.0}', "request_timeout must be more than 0, not 0."),
        ('{"request_timeout": [1.5]}', "request_timeout must be a number, not [1.5]."),
    ],
)
def test_a_fraction_in_a_file_is_told_as_it_was_written(
    text: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"api_key": "k"} | json.loads(text)))
    run = Clockify.bare_command("--config", str(path))
    assert (run.code, run.sentences) == (1, [says])


@pytest.mark.parametrize("name", ["MAX_RETRIES", "FLATTENING_MAX_DEPTH"])
@pytest.mark.parametrize("text", ["--5", "²", "1.5"])
def test_no_whole_number_in_the_environment_is_one_sentence(name: str, text: str) -> None:
    variable = f"TAP_CLOCKIFY_{name}"
    run = Clockify.bare_command("--config", "ENV", **{variable: text})
    assert (run.code, run.sentences) == (1, [f"{variable} must be a whole number, not {text!r}."])


def test_numbers_within_other_settings_are_plain_but_not_those_of_expressions() -> None:
    config: dict[str, Any] = json.loads(
        '{"batch_config": {"storage": {"root": "x", "params": {"timeouts": [1.5, 2.0]}}},'
        ' "projects": [{"name": "p", "max_shrink": 12.5}], "stream_map_config": {"rate": 1.5}}',
        parse_float=Decimal,
    )
    describe_errors(config, TapPerform.config_jsonschema)
    params = config["batch_config"]["storage"]["params"]
    assert [type(one) for one in params["timeouts"]] == [float, int]
    assert type(config["projects"][0]["max_shrink"]) is float
    assert type(config["stream_map_config"]["rate"]) is Decimal
