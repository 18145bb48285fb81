"""What the settings say of projects and clips, and what is documented of the clips."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.perform import truth
from sandbox.perform.world import World
from tap_perform.catalogue import CLIPS
from tap_perform.cells import TYPES
from tap_perform.settings import Clip, clips_of, errors_of

URL = "https://company.example/dataclips/abc"


def config(clips: Any = None, **project: Any) -> dict[str, Any]:
    given = {"name": "Quay", "username": "u", "password": "secret-1", **project}
    return {"projects": [{**given, "dataclips": {"wbs_export": URL} if clips is None else clips}]}


def test_the_catalogue_has_the_clips_that_projects_provision_themselves() -> None:
    assert {*truth.TABLES} - {*CLIPS} == {"custom_cost_report"}
    assert {*CLIPS} <= {*truth.TABLES}


@pytest.mark.parametrize("slug", ["activity_export", "resource_usage_export", "wbs_export"])
def test_documented_keys_and_types_are_of_headings_that_are_served(slug: str) -> None:
    served = set(truth.rows(World(now=None), slug)[0])
    known = CLIPS[slug]
    assert {*known.keys, *known.types} <= served
    assert {*known.types.values()} <= {*TYPES}


def test_an_address_alone_declares_nothing() -> None:
    assert clips_of(config()) == [Clip("wbs_export", "Quay", URL, "u", "secret-1")]


def test_a_clip_is_what_is_declared() -> None:
    own = {
        "url": URL,
        "primary_keys": ["Id"],
        "types": {"Actual Start": "string", "Size": "number"},
        "date_format": "%d/%m/%Y",
        "records_path": "data.rows",
    }
    (clip,) = clips_of(config({"activity_export": own}))
    assert clip.primary_keys == ("Id",)
    assert clip.types["Actual Start"] == "string"
    assert clip.types["Size"] == "number"
    assert clip.date_format == "%d/%m/%Y"
    assert clip.records_path == ("data", "rows")


def test_a_project_speaks_for_its_clips_unless_they_say_otherwise() -> None:
    own = {"allow_unterminated": False, "decimal_sign": ".", "null_values": []}
    clips = {"resource": URL, "discussion": {"url": URL, **own}}
    signs = {"decimal_sign": ",", "thousands_sign": "'"}
    found = clips_of(config(clips, allow_unterminated=True, null_values=["-"], **signs))
    assert [clip.allow_unterminated for clip in found] == [True, False]
    assert [clip.decimal_sign + clip.thousands_sign for clip in found] == [",'", ".'"]
    assert [clip.null_values for clip in found] == [("-",), ()]


def test_credentials_come_from_the_project_the_top_or_the_address() -> None:
    pasted = "https://ann%40x:pass%2Fword@company.example/a?token=t"
    bare = {"username": None, "password": None}
    top = {"username": "top", "password": "secret-2"}
    (clip,) = clips_of(config({"resource": pasted}, **bare))
    assert (clip.username, clip.password) == ("ann@x", "pass/word")
    assert clip.url == "https://company.example/a?token=t"
    (clip,) = clips_of({**config(**bare), **top})
    assert (clip.username, clip.password) == ("top", "secret-2")
    (clip,) = clips_of({**config(), **top})
    assert (clip.username, clip.password) == ("u", "secret-1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "projects is missing"),
        ({"projects": []}, "projects is missing"),
        ({"projects": ["x"]}, "projects: entry 1 of 1 (counted from 1) must be an object"),
        (config({}), "project Quay has no dataclips"),
        (config(dataclip={}), "project Quay: dataclip is not a setting; did you mean dataclips?"),
        (config({"WBS Export": URL}), "the name must be made of a-z"),
        (config({"resource": 3}), "must be an address, or an object with a url"),
        (config({"resource": {}}), "must be an address, or an object with a url"),
        (config({"resource": "company.example"}), "must be an address that begins with https://"),
        (config({"resource": "http://[x"}), "must be an address that begins with https://"),
        (config({"resource": "http://company.example/a"}), "anyone on the way reads the password"),
        (config({"resource": {"url": URL, "key": []}}), "key is not a setting; there are"),
        (config({"resource": {"url": URL, "types": []}}), "types must map headings to types"),
        (config({"resource": {"url": URL, "types": {"A": "int"}}}), "the type of A must be one of"),
        (config({"resource": {"url": URL, "primary_keys": "A"}}), "must be a list of headings"),
        (config({"resource": {"url": URL, "delimiter": "x"}}), "delimiter must be one of"),
        (config({"resource": {"url": URL, "encoding": "x"}}), "encoding x is unknown"),
        (config(decimal_sign=";"), "project Quay: decimal_sign must be one of a dot, a comma."),
        (config(thousands_sign="_"), "thousands_sign must be one of a dot, a comma, a space, an"),
        (config(thousands_sign="."), "dataclip wbs_export: decimal_sign (a dot unless set) and"),
        (
            config({"resource": {"url": URL, "decimal_sign": ","}}, thousands_sign=","),
            "dataclip resource: decimal_sign (a dot unless set) and thousands_sign must differ.",
        ),
        (config({"resource": {"url": URL, "null_values": "-"}}), "null_values must be a list of t"),
        (config({"resource": {"url": URL, "records_path": "a..b"}}), "such as data.rows."),
        (config({"resource": {"url": URL, "records_path": ["a"]}}), "such as data.rows."),
        (
            config(allow_unterminated="no"),
            "project Quay: allow_unterminated must be true or false.",
        ),
        (config({"resource": {"url": URL, "allow_unterminated": 1.5}}), "must be true or false."),
        (config(username=None), "has no username: generate dataclip credentials"),
        (config(password=""), "has no password: generate dataclip credentials"),
        ({"projects": config()["projects"] * 2}, "two are named Quay"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(given: dict[str, Any], said: str) -> None:
    (sentence,) = errors_of(given)
    assert said in sentence
    assert "secret" not in sentence


def test_what_works_is_not_complained_about() -> None:
    assert errors_of(config()) == []
    assert errors_of({"projects": World(now=None).projects("http://127.0.0.1:8800")}) == []
