"""One run of a tap over its sandbox: the lines that loaders get, and the tables that were served.

What the sandbox sends holds more oddities than its world has: see `odd`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import TYPE_CHECKING
from zlib import crc32

import sandbox
from sandbox.perform.clips import CLIPS, PROJECTS
from tests.clicktime import runs as clicktime
from tests.clockify import runs as clockify
from tests.e2e.arrived import Table
from tests.e2e.served import NOT_READ, parsed, recording, rows
from tests.perform import runs as perform

if TYPE_CHECKING:
    from tests.common.runs import AnyAccount

ACCOUNTS: dict[str, type[AnyAccount]] = {
    one.name: one for one in (clockify.Account, clicktime.Account, perform.Account)
}


@dataclass(frozen=True)
class Recorded:
    """A run.

    Attributes:
        lines: what the tap wrote.
        bodies: what was served.
        tables: the same, by table.
    """

    tap: str
    lines: bytes = field(repr=False)
    bodies: bytes = field(repr=False)
    tables: dict[str, Table] = field(repr=False)


def record(tap: str, like: Recorded | None = None, /, **settings: object) -> Recorded:
    """Run a tap over a sandbox of its own, all tables that it reads unless told otherwise.

    Args:
        tap: which one.
        like: a run without `json_columns: text`, which says what the texts of one with it mean.
        settings: the tap's.
    """
    with sandbox.start(size="small", entries=150) as running, recording(odd) as answers:
        for project, clip in product(PROJECTS, CLIPS.values()):
            if not clip.window:
                running.perform.shrink(project, clip.slug, 0.3)
        running.perform.edit_row(1, "activity_export", 5, LONG_NUMBERS)
        run = ACCOUNTS[tap](running).command(LOGLEVEL="WARNING", **settings).ok()
        tables = {}
        for line in run.output.splitlines():
            if line.startswith(b'{"type":"SCHEMA"'):
                schema = parsed(line)
                name = schema["stream"]
                served = rows(tap, running, answers, name)
                tables[name] = Table.of(schema, served, like.tables[name] if like else None)
                unknown = {column for row in served for column in row if "@" not in column}
                unknown -= {*tables[name].kinds, *NOT_READ.get(name, ())}
                assert not unknown, f"{name} has no columns for {unknown}"
    bodies = b"\n".join(one.body for some in answers.values() for one in some)
    return Recorded(tap, run.output, bodies, tables)


# -- values that the sandbox's worlds lack ---------------------------------------------------------

LONG_NUMBERS = {
    "Original Budget Cost at Complete": "1234567890123456.780000",
    "Revised Budget Labour at Complete": "1234567890123456789",
}
_MONEY = re.compile(rb'("(?:amount|unitPrice|priceInCents|subtotal|paid)":)(\d+)(?=[,}])')
_TEXT = re.compile(rb'("(?:description|Comment)":)"(?:[^"\\]|\\.)*"')
_DATE = re.compile(rb'("(?:issuedDate|dueDate)":")([^"]+Z)(?=")')

_CUSTOM = re.compile(rb'("Cost Center":)-3(?=[,}])')

_ODD_TEXTS = (
    b'""',
    rb'"a\nline, \"quoted\", a back\\slash, a tab\t"',
    '"über 😀"'.encode(),
)


def odd(body: bytes) -> bytes:
    """Return a body in which some amounts have fractions or 19 digits, some dates an offset."""
    body = _CUSTOM.sub(rb"\g<1>-1234567890123456789", body)
    for look, change in ((_MONEY, _amount), (_TEXT, _text), (_DATE, _elsewhere)):
        body = look.sub(change, body)
    return body


def _amount(found: re.Match[bytes]) -> bytes:
    name, digits = found.groups()
    some = (digits + b".25", b"1234567890123456789", b"1234567890123456.78", digits, digits)
    return bytes(name) + some[crc32(digits) % len(some)]


def _text(found: re.Match[bytes]) -> bytes:
    number = crc32(found[0]) % 7
    return bytes(found[1]) + _ODD_TEXTS[number] if number < len(_ODD_TEXTS) else found[0]


def _elsewhere(found: re.Match[bytes]) -> bytes:
    """Return the same time as a clock in India shows it."""
    name, text = found.groups()
    at = datetime.fromisoformat(text.decode().replace("Z", "+00:00"))
    india = timezone(timedelta(hours=5, minutes=30))
    return bytes(name) + at.astimezone(india).isoformat(timespec="milliseconds").encode()
