"""Settings: defaults, numbers, what is read from text, and the sentences for what cannot work."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

import sandbox
from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.cli.settings import (
    COMMON_SETTINGS,
    describe_errors,
    environment_errors,
    forget_empty_variables,
    misspelled_variables,
    unknown_settings,
    url_error,
)
from taps_common.timestamps import from_text
from tests.clicktime.runs import Account as ClickTime
from tests.clockify.runs import Account as Clockify
from tests.common.runs import NOW
from tests.perform.runs import Account as Perform

if TYPE_CHECKING:
    from pathlib import Path

    from taps_common.cli.tap import ApiTap

TAPS = [TapClockify, TapClickTime, TapPerform]
SCHEMA = th.PropertiesList(
    th.Property("api_key", th.StringType, secret=True),
    th.Property("region", th.StringType(allowed_values=["global", "euc1"]), default="global"),
    th.Property(
        "projects",
        th.ArrayType(
            th.ObjectType(
                th.Property("name", th.StringType),
                th.Property("password", th.StringType, secret=True),
            )
        ),
    ),
    *COMMON_SETTINGS,
).to_dict()


def told(**config: object) -> list[str]:
    return describe_errors(config, SCHEMA)


def test_defaults_are_filled_in_and_an_empty_setting_is_no_setting() -> None:
    empty: dict[str, Any] = dict.fromkeys(("region", "api_key", "start_date"))
    config = empty | dict.fromkeys(("max_retries", "end_date", "user_agent"), "")
    assert describe_errors(config, SCHEMA) == []
    assert not {"api_key", "start_date", "end_date", "user_agent"} & config.keys()
    assert config.items() >= {"region": "global", "max_retries": 5, "skip_unchanged": False}.items()


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"request_timeout": "soon"}, "request_timeout must be a number, not 'soon'."),
        ({"request_timeout": 0}, "request_timeout must be more than 0, not 0."),
        ({"request_timeout": True}, "request_timeout must be a number, not True."),
        ({"max_concurrency": 0}, "max_concurrency must be at least 1, not 0."),
        ({"max_concurrency": 17}, "max_concurrency must be at most 16, not 17."),
        ({"max_concurrency": 1.5}, "max_concurrency must be a whole number, not 1.5."),
        ({"max_retries": -1}, "max_retries must be at least 0, not -1."),
        ({"lookback_days": -1}, "lookback_days must be at least 0, not -1."),
        ({"region": "mars"}, "region must be one of global, euc1, not 'mars'."),
        ({"start_date": 20260131}, "start_date must be a text, not 20260131."),
        ({"start_date": "31.01.2026"}, "start_date must be a date like 2026-01-31 or"),
        ({"end_date": "2026-02-30"}, "end_date must be a date like 2026-01-31 or"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-31"}, "start_date must not be after"),
        ({"emit_activate_version_messages": "perhaps"}, "emit_activate_version_messages must"),
        ({"batch_config": {"encoding": {}}}, "batch_config needs storage."),
        ({"user_agent": "a\nb"}, "user_agent holds a line break"),
        (
            {"skip_unchanged": True, "emit_activate_version_messages": True},
            "skip_unchanged does not go together with emit_activate_version_messages",
        ),
        # the value of a secret is never told
        *(({"api_key": one}, "api_key must be a text.") for one in (47, [4], {"a": 4}, True)),
        ({"projects": [{"name": "p", "password": 47}]}, "projects.0.password must be a text."),
        ({"projects": [{"name": "p", "password": [4]}]}, "projects.0.password must be a text."),
        ({"projects": {"name": "p", "password": "4"}}, "projects must be a list."),
        ({"projects": ["4"]}, "projects.0 must be an object."),
        ({"projects": '[{"password":"4"}]'}, "projects must be a list."),
    ],
)
def test_what_cannot_work_is_one_sentence_that_names_the_setting(
    config: dict[str, Any], says: str
) -> None:
    (sentence,) = told(**config)
    assert sentence.startswith(says)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_all_that_cannot_work_is_told_at_once() -> None:
    assert len(told(max_retries=-1, region="mars", start_date="x")) == 3


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T11:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31"),
    ],
)
def test_the_start_may_be_before_the_end_only(start: str, end: str) -> None:
    assert told(start_date=start, end_date=end) == []
    later = {"start_date": "2026-02-01T00:00:00Z", "end_date": end}
    assert told(**later) == ["start_date must not be after end_date."]


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2026-01-31", "2026-02-01T00:00:00+00:00"),
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00+00:00"),
        ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00+00:00"),
    ],
)
def test_an_end_date_includes_its_day_and_an_end_moment_excludes_itself(
    end: str, last: str
) -> None:
    tap = TapClockify(config={"api_key": "k", "end_date": end})
    assert tap.end_date == from_text(last)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, None),
        ("https://api.example/v1", None),
        ("http://127.0.0.1:8080/v1", None),
        ("api.example/v1", "must be an address"),
        ("ftp://api.example", "must be an address"),
        ("https://", "must be an address"),
        ("https://4711@api.example", "must not hold"),
        ("https://x:4711@api.example", "must not hold"),
        ("https://api.example?key=4711", "must not hold"),
        ("https://api.example#4711", "must not hold"),
        ("https://[4711", "must be an address"),
        ("https://api.example:4711x/", "must be an address"),
    ],
)
def test_an_address_that_cannot_work_is_refused_without_quoting_it(
    url: str | None, says: str | None
) -> None:
    sentence = url_error({"api_url": url}, "api_url") or ""
    assert sentence.startswith(f"api_url {says}" if says else "")
    assert bool(sentence) == bool(says)
    assert "4711" not in sentence


UNSENDABLE = ["4711\n", "47\u201411", "4711\r\nX: y", "4711\x00"]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "api_key is missing"),
        ({"api_key": "4711", "addon_token": "4711"}, "only one"),
        ({"addon_token": "4711"}, "workspace_ids is missing"),
        ({"api_key": 4711}, "api_key must be a text."),
        ({"api_key": "4711", "api_url": "https://x:4711@api.example"}, "api_url"),
        # keys are pasted, with line ends and typographic dashes; the HTTP library would quote them
        *(({"api_key": one}, "api_key holds") for one in UNSENDABLE),
        *(({"addon_token": one, "workspace_ids": ["w"]}, "addon_token ho") for one in UNSENDABLE),
    ],
)
def test_a_tap_that_cannot_work_does_not_start(config: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        TapClockify(config=config)
    (sentence,) = caught.value.errors
    assert says in sentence
    assert "47" not in f"{caught.value} {sentence}"


# -- from the environment and from files -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        *(("max_retries", one, f"a whole number, not {one!r}.") for one in ("--5", "²", "1.5")),
        ("flattening_max_depth", "1.5", "a whole number, not '1.5'."),
        ("skip_unchanged", "perhaps", "true or false, not 'perhaps'."),
        ("batch_config", "{secret", "a JSON object."),
        ("projects", "[secret", "a JSON list."),
        *(("max_retries", one, None) for one in ("5", "")),
        *(("skip_unchanged", one, None) for one in ("TRUE", "0", "off")),
        ("projects", "[]", None),
    ],
)
def test_what_a_variable_of_the_environment_cannot_be_is_one_sentence(
    name: str, text: str, says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    TapPerform.append_builtin_config(TapPerform.config_jsonschema)
    schema = TapPerform.config_jsonschema
    monkeypatch.setenv(f"X_{name.upper()}", text)
    forget_empty_variables("X_", schema)
    expected = [f"X_{name.upper()} must be {says}"] if says else []
    assert environment_errors("X_", schema) == expected


def test_a_name_that_is_no_setting_is_said() -> None:
    assert unknown_settings({"api_kye": "4711", "zzz": 1, "region": "x"}, SCHEMA) == [
        "api_kye is not a setting of this tap and has no effect; did you mean api_key?",
        "zzz is not a setting of this tap and has no effect.",
    ]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("X_APIKEY", "X_API_KEY"),
        ("X_MAX_RETRYS", "X_MAX_RETRIES"),
        ("x_region", "X_REGION"),
        ("X_FLATENING_ENABLED", "X_FLATTENING_ENABLED"),
        ("X_REGION", None),
        ("X_STREAM_MAPS", None),
        ("X__SELECT", None),
        ("X__LOAD_SCHEMA", None),
        ("X_DE_API_KEY", None),
        ("X__DE_API_KEY", None),
        *((f"X_{name}", None) for name in ("IMAGE", "CONFIG", "STATE", "VERSION", "LOGLEVEL")),
        ("Y_APIKEY", None),
    ],
)
def test_a_variable_that_is_misspelled_is_said(
    variable: str, meant: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    TapClockify.append_builtin_config(TapClockify.config_jsonschema)
    monkeypatch.setenv(variable, "4711")
    says = f"{variable} is not a setting of this tap and has no effect; did you mean {meant}?"
    expected = [says] if meant else []
    assert misspelled_variables("X_", TapClockify.config_jsonschema) == expected


@pytest.mark.parametrize("meltano", [False, True])
@pytest.mark.parametrize("from_environment", [False, True])
def test_where_settings_come_from_the_environment_it_is_warned_of_before_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    meltano: bool,
    from_environment: bool,
) -> None:
    monkeypatch.setenv("TAP_CLOCKIFY_APIKEY", "4711")
    if meltano:  # which hands settings on in a file
        monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-clockify")
    with pytest.raises(ConfigValidationError, match="Config validation failed"):
        TapClockify(config={"api_kye": "4711"}, parse_env_config=from_environment)
    said = "api_kye is not a setting of this tap and has no effect; did you mean api_key?"
    variable = "TAP_CLOCKIFY_APIKEY is not a setting of this tap and has no effect; did you mean "
    warned = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    expected = [f"{variable}TAP_CLOCKIFY_API_KEY?"] if meltano or from_environment else []
    assert warned == [*expected, said]


def test_a_command_says_what_its_settings_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"api_key": "k", "max_retries": 1.5, "request_timeout": 0.0}')
    run = Clockify.bare_command("--config", str(path))
    said = [
        "max_retries must be a whole number, not 1.5.",
        "request_timeout must be more than 0, not 0.",
    ]
    assert (run.code, sorted(run.sentences)) == (1, said)
    run = Clockify.bare_command("--config", "ENV", TAP_CLOCKIFY_MAX_RETRIES="²")
    assert (run.code, run.sentences) == (
        1,
        ["TAP_CLOCKIFY_MAX_RETRIES must be a whole number, not '²'."],
    )


# -- numbers ---------------------------------------------------------------------------------------


def described(tap: type[ApiTap], kind: str) -> dict[str, dict[str, Any]]:
    """The settings of a type, the SDK's own included."""
    tap.append_builtin_config(tap.config_jsonschema)
    properties: dict[str, dict[str, Any]] = tap.config_jsonschema["properties"]
    return {name: one for name, one in properties.items() if kind in one.get("type", ())}


@pytest.mark.parametrize(
    ("tap", "kind"), list(zip(TAPS, (Clockify, ClickTime, Perform), strict=True))
)
def test_every_number_works_from_a_file_and_from_the_environment(
    tap: type[ApiTap], kind: type[Any]
) -> None:
    """Of which the SDK makes decimals and texts, that no socket, clock or lock takes."""
    fractions, whole = described(tap, "number").items(), described(tap, "integer").items()
    given = {name: one.get("default", 1000) + 0.5 for name, one in fractions}
    numbers: dict[str, Any] = {name: one.get("default", 1000) for name, one in whole}
    texts = {name: str(number) for name, number in given.items()} | numbers
    decimals = {name: Decimal(str(number)) for name, number in (given | numbers).items()}
    with sandbox.start(now=NOW, entries=20) as running:
        account = kind(running)
        few = {"projects": account.projects("docket_export")} if kind is Perform else {}
        counts = [account.run(**few, **one).ok().counts() for one in (texts, decimals)]
    assert sum(counts[0].values()) > 0
    assert counts[0] == counts[1]


@pytest.mark.parametrize("tap", TAPS)
def test_a_number_out_of_range_is_one_sentence(tap: type[ApiTap]) -> None:
    """However large or small: what no clock, socket or float takes must not get that far."""
    for name in described(tap, "number"):
        for number in (-1, 10**400, float("inf"), float("nan"), "nan", "1e999"):
            (sentence,) = describe_errors({name: number}, tap.config_jsonschema)
            assert sentence.startswith(f"{name} must be ")


def test_numbers_may_be_text_with_spaces() -> None:
    config: dict[str, Any] = {"request_timeout": " 2 ", "max_requests_per_second": "1.5"}
    assert describe_errors(config, SCHEMA) == []
    assert (config["request_timeout"], config["max_requests_per_second"]) == (2.0, 1.5)


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
