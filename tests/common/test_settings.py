"""Settings: defaults, what is read from text, and the sentences for what cannot work."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from tap_clockify.tap import TapClockify
from taps_common.cli.settings import COMMON_SETTINGS, describe_errors, url_error
from taps_common.timestamps import from_text

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


def test_defaults_are_filled_in() -> None:
    config: dict[str, Any] = {"region": None, "max_retries": ""}
    assert describe_errors(config, SCHEMA) == []
    assert config == {
        "region": "global",
        "lookback_days": 30,
        "request_timeout": 120,
        "max_concurrency": 4,
        "max_retries": 5,
        "emit_activate_version_messages": False,
        "max_shrink": 50,
        "skip_unchanged": False,
    }


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_setting_is_no_setting(empty: object) -> None:
    config: dict[str, Any] = {"api_key": empty, "start_date": empty, "end_date": empty}
    assert describe_errors(config, SCHEMA) == []
    assert not {"api_key", "start_date", "end_date"} & config.keys()


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), ("30", 30.0), (" 2 ", 2.0)])
def test_numbers_may_be_text_as_the_environment_has_them(text: str, number: float) -> None:
    config: dict[str, Any] = {"request_timeout": text, "max_requests_per_second": text}
    assert describe_errors(config, SCHEMA) == []
    assert config["request_timeout"] == config["max_requests_per_second"] == number


@pytest.mark.parametrize("text", ["nan", "inf", "1e999"])
def test_a_number_no_clock_can_wait_is_refused(text: str) -> None:
    (sentence,) = told(request_timeout=text)
    assert sentence.startswith("request_timeout")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"request_timeout": "soon"}, "request_timeout"),
        ({"request_timeout": 0}, "request_timeout"),
        ({"request_timeout": True}, "request_timeout"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": 17}, "max_concurrency"),
        ({"max_concurrency": 1.5}, "max_concurrency"),
        ({"max_retries": -1}, "max_retries"),
        ({"lookback_days": -1}, "lookback_days"),
        ({"region": "mars"}, "region"),
        ({"start_date": 20260131}, "start_date"),
        ({"start_date": "31.01.2026"}, "start_date"),
        ({"end_date": "2026-02-30"}, "end_date"),
        ({"emit_activate_version_messages": "perhaps"}, "emit_activate_version_messages"),
        ({"batch_config": {"encoding": {}}}, "batch_config"),
    ],
)
def test_what_cannot_work_is_one_sentence_that_names_the_setting(
    config: dict[str, Any], name: str
) -> None:
    (sentence,) = told(**config)
    assert sentence.startswith(name)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_all_that_cannot_work_is_told_at_once() -> None:
    assert len(told(max_retries=-1, region="mars", start_date="x")) == 3


@pytest.mark.parametrize("value", [4711, ["4711"], {"a": "4711"}, 4711.5, True])
def test_the_value_of_a_secret_is_never_told(value: object) -> None:
    assert told(api_key=value) == ["api_key must be a text."]


@pytest.mark.parametrize(
    "projects",
    [
        [{"name": "p", "password": 4711}],
        [{"name": "p", "password": ["4711"]}],
        {"name": "p", "password": "4711"},
        ["4711"],
        '[{"password":"4711"}]',
    ],
)
def test_the_value_of_a_secret_inside_a_list_is_never_told(projects: object) -> None:
    (sentence,) = told(projects=projects)
    assert sentence.startswith("projects")
    assert "4711" not in sentence


@pytest.mark.parametrize(
    ("start", "end", "fine"),
    [
        ("2026-01-31", "2026-01-31", True),
        ("2026-01-31", "2026-02-01", True),
        ("2026-02-01", "2026-01-31", False),
        ("2026-01-31T12:00:00Z", "2026-01-31T11:00:00Z", False),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T11:00:00Z", True),
        ("2026-01-31T12:00:00Z", "2026-01-31", True),
    ],
)
def test_the_start_must_not_be_after_the_end(start: str, end: str, fine: bool) -> None:
    sentences = told(start_date=start, end_date=end)
    assert sentences == ([] if fine else ["start_date must not be after end_date."])


def test_a_date_that_is_none_is_quoted_with_what_it_should_be() -> None:
    (sentence,) = told(start_date="yesterday")
    assert "'yesterday'" in sentence
    assert "2026-01-31" in sentence


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
    sentence = url_error({"api_url": url}, "api_url")
    if says is None:
        assert sentence is None
    else:
        assert sentence is not None
        assert sentence.startswith(f"api_url {says}")
        assert "4711" not in sentence


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "api_key is missing"),
        ({"api_key": "4711", "addon_token": "4711"}, "only one"),
        ({"addon_token": "4711"}, "workspace_ids is missing"),
        ({"api_key": 4711}, "api_key must be a text."),
        ({"api_key": "4711", "api_url": "https://x:4711@api.example"}, "api_url"),
    ],
)
def test_a_tap_that_cannot_work_does_not_start(config: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        TapClockify(config=config)
    assert says in " ".join(caught.value.errors)
    assert "4711" not in " ".join([str(caught.value), *caught.value.errors])


@pytest.mark.parametrize("name", ["api_key", "addon_token"])
@pytest.mark.parametrize("value", ["4711\n", "47\u201411", "4711\r\nX: y", "4711\x00"])
def test_a_credential_that_no_header_can_hold_is_refused_without_quoting_it(
    name: str, value: str
) -> None:
    """Keys are pasted, with line ends and typographic dashes; the HTTP library would quote them."""
    with pytest.raises(ConfigValidationError) as caught:
        TapClockify(config={name: value, "workspace_ids": ["w"]})
    (sentence,) = caught.value.errors
    assert sentence.startswith(name)
    assert "47" not in sentence
