"""The page that goes to the maintainers: what was seen, and which line of the docs it settles."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ROOT = Path(__file__).resolve().parents[2]

_MARK = re.compile(r"<!--\s*(live|not askable):\s*(.*?)\s*-->")
_BULLET = re.compile(r"(?m)^(?:- |\| (?!not known |---))")
"""How an item of the list begins, or a row of the table."""

_LONGEST = 240


@dataclass(frozen=True)
class Line:
    """A line of "What is not known".

    Attributes:
        number: its number in the file.
        text: what it says.
        asked: names of the questions that settle it.
        not_askable: why nobody can ask for it, where that is so.
    """

    number: int
    text: str
    asked: tuple[str, ...]
    not_askable: str = ""


def page_of(service: str) -> str:
    """Return the file of the docs that says what is not known."""
    return f"docs/{service}/unknown.md"


def lines_of(service: str, root: Path = ROOT) -> list[Line]:
    """Return the lines of "What is not known" in the docs of a service."""
    text = (root / page_of(service)).read_text()
    found = []
    for bullet in _BULLET.finditer(text):
        rest = text[bullet.end() :]
        stop = re.search(r"\n(?=- |\n|\|)", rest)
        raw = rest[: stop.start()] if stop else rest
        marks = _MARK.findall(raw)
        asked = [
            name for kind, names in marks if kind == "live" for name in re.split(r",\s*", names)
        ]
        reasons = [reason for kind, reason in marks if kind == "not askable"]
        said = " ".join(_MARK.sub("", raw).split()).rstrip(";.| ").replace(" | ", ": ")
        number = text.count("\n", 0, bullet.start()) + 1
        found.append(Line(number, said, tuple(asked), "; ".join(reasons)))
    return found


def listed(names: Iterable[str]) -> str:
    """Return names in one line."""
    return ", ".join(names) or "none"


def form(value: object) -> str:
    """Return what a value looks like without saying what it is: digits are 9, letters a.

    T and Z of timestamps stay, and so do the words null, true and false.
    """
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = re.sub(r"\d", "9", str(value))
    text = re.sub(r"[^\W\d_]", lambda found: found[0] if found[0] in "TZ" else "a", text)
    text = re.sub(r"[^\x20-\x7e]", "?", text)
    quoted = text if not isinstance(value, str) else f'"{text}"'
    return quoted if len(quoted) <= 40 else f"text of {len(str(value))} characters"  # noqa: PLR2004 - a line


_OF_PEOPLE = [
    (re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+"), "(an address)"),
    (re.compile(r"\b[0-9a-fA-F]{24}\b"), "(an id)"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "(an id)"),
    (re.compile(r"[a-z]+://[^\s`'\")]+"), "(a url)"),
    (re.compile(r"\d*[0-8]\d*(?<=\d{7})"), "(a number)"),  # nines are the form of one
]


def redacted(text: str, secrets: Collection[str]) -> str:
    """Return a text without secrets, addresses of people and hosts, ids and long numbers."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "(redacted)")
    for pattern, instead in _OF_PEOPLE:
        text = pattern.sub(instead, text)
    return text


@dataclass
class Page:
    """What was seen of one service.

    Attributes:
        service: its name in the docs.
        title: what was asked, with which version.
        secrets: what must not be on the page, whatever it is a part of.
        lines: of the docs.
        suite: what the SDK's suite said.
        found: what each question found.
    """

    service: str
    title: str
    secrets: Collection[str]
    lines: list[Line]
    suite: list[str] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, question: str, findings: Iterable[str]) -> None:
        """Add what a question found."""
        self.found.setdefault(question, []).extend(findings)

    @property
    def text(self) -> str:
        """The page, redacted."""
        parts = [f"# {self.title}", INTRODUCTION, "## The SDK's standard suite"]
        parts.append(_list(self.suite or ["not run"]))
        for question, findings in self.found.items():
            parts.append(f"## {question}")
            parts += [
                f"Settles line {line.number} of {page_of(self.service)}: {line.text[:_LONGEST]}"
                for line in self.lines
                if question in line.asked
            ]
            parts.append(_list(findings or ["nothing was seen"]))
        left = [
            f"{line.text[:_LONGEST]}: {line.not_askable}" for line in self.lines if line.not_askable
        ]
        if left:
            parts += ["## Not asked, because nobody can", _list(left)]
        return redacted("\n\n".join(parts) + "\n", self.secrets)


INTRODUCTION = (
    "Made by `make live`. It holds statuses, counts, names of fields and headings, and forms of "
    "values (9 is a digit, a is a letter), no values. Read it before you send it, in an issue: a "
    "table with a column per person has names as headings."
)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
