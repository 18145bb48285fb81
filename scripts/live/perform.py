"""What is asked of the dataclips of a real project."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scripts.live.page import form, listed
from scripts.live.wire import Answer, Probe
from tap_perform.catalogue import CLIPS, documented_columns
from tap_perform.client import judge, request_for
from tap_perform.settings import clips_of
from tap_perform.tap import TapPerform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_perform.settings import Clip
    from taps_common.sync.stream import RecordStream

BEGINNING = 1 << 16
"""Bytes of a body that are looked at."""

_ENDS = {b"\r\n": "CR LF", b"\n": "LF", b"\r": "CR"}
_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_PRIVATE = re.compile(r"@|\d{3}|.{60}")
"""What a heading has that may be no heading but data."""


class Undiscovered(TapPerform):
    """The tap without streams: discovery would refresh stale clips before anybody sees one."""

    def discover_streams(self) -> list[RecordStream]:
        """Return no stream."""
        return []


class Perform(Probe):
    """Asks for each clip once; what follows looks at what came."""

    tap: TapPerform

    @cached_property
    def answers(self) -> list[tuple[Clip, Answer]]:
        """The answer of each clip, in the state in which it was found."""
        return [(clip, self._beginning(clip)) for clip in clips_of(self.tap.config)]

    def _beginning(self, clip: Clip) -> Answer:
        request = request_for(clip, enough=lambda body: len(body) >= BEGINNING)
        answer = self.ask(request)
        if answer.spool is None:
            return answer
        with answer.spool:
            return replace(answer, body=answer.spool.read(BEGINNING), spool=None)


def called(clip: Clip) -> str:
    """Return what a page calls a clip: the names of those that Bentley documents, no others."""
    return clip.stream if clip.stream in CLIPS else "another clip"


def text_of(answer: Answer) -> str:
    """Return the beginning of a body as text."""
    codec = "utf-16" if answer.body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return answer.body.decode(codec, "replace")


def table_of(answer: Answer) -> tuple[str, list[str], list[list[Any]]]:
    """Return what a body is, its headings, and whole rows of its beginning."""
    text = text_of(answer)
    if text.lstrip()[:1] in {"[", "{"}:
        rows = _objects(text)
        headings = list(dict.fromkeys(name for row in rows for name in row))
        return "JSON", headings, [[row.get(name) for name in headings] for row in rows]
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return f"CSV with {delimiter!r}", cells[0] if cells else [], cells[1:-1] or cells[1:]


def _objects(text: str) -> list[dict[str, Any]]:
    decoder, found, at = json.JSONDecoder(), [], text.find("{")
    if isinstance(whole := _whole(text), dict) and isinstance(whole.get("fields"), list):
        names = [str(name) for name in whole["fields"]]
        return [dict(zip(names, row, strict=False)) for row in whole.get("values", ())]
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            break
        inner = next((v for v in value.values() if isinstance(v, list)), None)
        found += [row for row in inner or [value] if isinstance(row, dict)]
        at = text.find("{", end)
    return found


def _whole(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def formats(probe: Perform) -> Iterator[str]:
    """What bodies are."""
    for clip, answer in probe.answers:
        body, headers = answer.body, answer.headers
        if not answer.good:
            continue
        kind, found, rows = table_of(answer)
        framing = next(
            (name for name in ("content-length", "transfer-encoding") if name in headers), "neither"
        )
        ends = next((name for end, name in _ENDS.items() if end in body), "none")
        mark = {b"\xef\xbb": "UTF-8", b"\xff\xfe": "UTF-16"}.get(body[:2], "none")
        ascii_only = "only" if body.isascii() else "not only"
        yield (
            f"{called(clip)}: {answer}, type {form_of_type(headers.get('content-type', 'none'))}, "
            f"{kind}, {len(found)} columns, {len(rows)} rows looked at, lines end in {ends}, "
            f"mark {mark}, ASCII {ascii_only}, framed by {framing}"
        )


def form_of_type(value: str) -> str:
    """Return a media type with its charset."""
    return re.sub(r"[^\w/;=. +-]", "?", value)[:60]


def headings(probe: Perform) -> Iterator[str]:
    """Which documented columns there are, and which others."""
    for clip, answer in probe.answers:
        if not answer.good or judge(clip, frozenset(), answer.status, answer.body):
            continue
        _, found, _ = table_of(answer)
        if clip.stream not in CLIPS:
            yield f"{called(clip)}: {len(found)} columns"
            continue
        documented = documented_columns(clip.stream)
        missing = [name for name in documented if name not in found]
        shown = [name if not _PRIVATE.search(name) else "(not shown)" for name in found]
        yield f"{called(clip)}: {' | '.join(shown)}"
        if documented:
            yield f"{called(clip)}, documented and not there: {', '.join(missing) or 'none'}"


def stale(probe: Perform) -> Iterator[str]:
    """What a clip that is not ready answers; a good one was fresh already."""
    for clip, answer in probe.answers:
        problem = judge(clip, frozenset(), answer.status, answer.body)
        if problem is not None or not answer.good:
            kind = form_of_type(answer.headers.get("content-type", "none"))
            first = answer.body.lstrip()[:1].decode("ascii", "replace")
            after = "Retry-After" if "retry-after" in answer.headers else "no Retry-After"
            what = problem.text if problem else "is no stale answer"
            yield (
                f"{called(clip)} {what}: {answer}, type {kind}, {len(answer.body)} bytes that "
                f"begin with {form(first)}, {after}"
            )
        else:
            yield f"{called(clip)} was ready: {answer}"


def dates(probe: Perform) -> Iterator[str]:
    """How dates are spelled: which part exceeds twelve, and which forms there are."""
    for clip, answer in probe.answers:
        if not answer.good:
            continue
        _, names, rows = table_of(answer)
        for place, _ in enumerate(names):
            texts = [str(row[place]) for row in rows if place < len(row) and row[place] is not None]
            found = [match for text in texts if (match := _DATE.match(text))]
            if not found or len(found) < len(list(filter(None, texts))):
                continue
            forms = ", ".join(name for name, _ in Counter(map(form, texts)).most_common(4))
            over = [f"part {n}" for n in (1, 2, 3) if any(int(one[n]) > 12 for one in found)]  # noqa: PLR2004 - months
            yield f"{called(clip)}, column {place + 1}: {forms}; above 12: {listed(over)}"


def numbers(probe: Perform) -> Iterator[str]:
    """How numbers and truth values are spelled."""
    for clip, answer in probe.answers:
        if not answer.good:
            continue
        forms: Counter[str] = Counter()
        for row in table_of(answer)[2]:
            for cell in row:
                text = str(cell)
                if re.fullmatch(r"[-+(€$£ ]*\d[\d.,' ]*[%)€$£ ]*", text) or text in {"t", "f"}:
                    forms[re.sub(r"9+", "9", form(text)) if text not in {"t", "f"} else text] += 1
        yield f"{called(clip)}: {', '.join(name for name, _ in forms.most_common(12)) or 'none'}"


def limits(probe: Perform) -> Iterator[str]:
    """What was seen of limits."""
    _ = probe.answers
    yield from probe.limits()


QUESTIONS: dict[str, Callable[[Perform], Iterator[str]]] = {
    "stale": stale,
    "format": formats,
    "headings": headings,
    "dates": dates,
    "numbers": numbers,
    "limits": limits,
}


def secrets(tap: TapPerform) -> list[str]:
    """Return what must not be on the page."""
    found: list[str] = []
    for clip in clips_of(tap.config):
        parts = urlsplit(clip.url)
        found += [clip.username, clip.password, clip.url, parts.netloc, parts.hostname or ""]
        found += [clip.project] if len(clip.project) > 3 else []  # noqa: PLR2004 - else a part of any word
    return found
