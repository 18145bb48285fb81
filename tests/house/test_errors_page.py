"""The page of errors: a section for each code, sentences that exist, exit codes that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scripts.regenerate import TAPS
from taps_common.errors import Kind, coded

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PAGE = (ROOT / "docs" / "errors.md").read_text()
SECTIONS = dict(SECTION.findall(PAGE))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
EXIT_CODES = OPERATIONS.partition("\n## Exit codes\n")[2].partition("\n## ")[0]
PARTS = ["The log says", "Cause", "What to do"]
NEVER = {"CLOCKIFY-STALE", "CLICKTIME-STALE"}
"""Codes that do not occur: only Perform prepares what is asked for."""


def texts_in_the_code() -> str:
    """Return all texts, each on a line of its own; what is filled in is {}."""
    found = []
    for package in ("taps_common", *(tap.name.replace("-", "_") for tap in TAPS)):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                parts = node.values if isinstance(node, ast.JoinedStr) else [node]
                values = [one.value if isinstance(one, ast.Constant) else "{}" for one in parts]
                found.append("".join(value for value in values if isinstance(value, str)))
    return "\n".join(found)


def test_warnings_that_have_no_code_are_quoted_as_they_are() -> None:
    written = re.sub(r"\{\w+(:,)?\}", "{}", texts_in_the_code())
    table = OPERATIONS.partition("\n| the log says |")[2].partition("\n\n")[0]
    quoted = re.findall('"(.*?)"', table)
    assert quoted
    assert [text for text in quoted if text.replace("…", "{}") not in written] == []


def test_every_code_has_an_anchor_and_every_anchor_is_of_a_code() -> None:
    every = (coded(tap.name, kind, "") for tap in TAPS for kind in Kind)
    codes = {text.partition(":")[0] for text in every} - NEVER
    assert sorted(re.findall(r'<a id="(.*?)"></a>', PAGE)) == sorted(map(str.lower, codes))
    assert {*re.findall(r"`([A-Z]+-[A-Z]+)`", PAGE)} == codes


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_a_section_names_its_own_codes_and_exit_codes_that_exist(kind: str) -> None:
    section = SECTIONS[kind]
    assert {*re.findall(r"`[A-Z]+-([A-Z]+)`", section)} == {kind}
    assert {*re.findall(r'<a id="\w+-(\w+)"></a>', section)} == {kind.lower()}
    (exits,) = re.findall(r"· exit code (.*)", section)
    exist = " ".join(re.findall(r"^\| ([\d, ]+) \|", EXIT_CODES, re.MULTILINE))
    assert {*re.findall(r"\d+", exits)} <= {*re.findall(r"\d+", exist)}
    assert re.findall(r"^- \*\*(.*?)\*\*", section, re.MULTILINE) == PARTS


def test_what_the_log_is_said_to_say_is_in_the_code() -> None:
    written = texts_in_the_code()
    for kind, section in SECTIONS.items():
        says = section.partition("- **The log says**")[2].partition("- **Cause**")[0]
        said = [re.sub(r"answered \d+", "answered {}", one) for one in re.findall('"(.*?)"', says)]
        assert said, kind
        assert [text for text in said if text not in written] == []
