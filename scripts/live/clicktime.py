"""What is asked of a real ClickTime service."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from scripts.live.page import form, listed
from scripts.live.wire import Answer, Probe
from tap_clicktime import query
from tap_clicktime.client import credentials, service_root
from tap_clicktime.links import absolute
from tap_clicktime.metadata import entity_sets
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_clicktime.metadata import EntitySet
    from tap_clicktime.tap import TapClickTime

FEW, MANY = 2, 5000
"""Rows that a page is asked to hold."""

_PREFERENCE = re.compile(r"nothing|(?:odata\.)?maxpagesize=\d{1,6}")

LINKS = ("@odata.nextLink", "@nextLink")


class ClickTime(Probe):
    """Asks about the largest set, unless a question is about all of them."""

    tap: TapClickTime
    largest: EntitySet | None = None

    @property
    def sets(self) -> list[EntitySet]:
        """The sets that `$metadata` declares."""
        return [stream.entity_set for stream in self.tap.entities]

    def rows_of(
        self, one: EntitySet, *params: tuple[str, str], prefer: int = 0, insist: bool = False
    ) -> Answer:
        """Ask for rows of a set; without a preference if that is refused, unless it insists."""
        answer = self.ask(query.question(one, *params, page_size=prefer))
        if prefer and not insist and answer.status == HTTPStatus.BAD_REQUEST:
            return self.ask(query.question(one, *params))
        return answer

    def chosen(self) -> EntitySet:
        """Return the set with the most rows, as far as they are counted."""
        if self.largest is None:
            counted = {one.name: _number(self.count(one)) or 0 for one in self.sets}
            self.largest = max(self.sets, key=lambda one: counted[one.name])
        return self.largest

    def count(self, one: EntitySet) -> Answer:
        """Ask for the number of rows of a set."""
        return self.get(f"/{one.name}/$count", headers={"Accept": "text/plain"})


def _number(answer: Answer) -> int | None:
    text = answer.body.decode("utf-8-sig", "replace").strip()
    return int(text) if answer.good and text.isdecimal() else None


def _link(answer: Answer) -> str | None:
    page = answer.json
    return (
        next((page[name] for name in LINKS if page.get(name)), None)
        if isinstance(page, dict)
        else None
    )


def declaration(probe: ClickTime) -> Iterator[str]:
    """Which sets there are, and what they are made of."""
    body = (files("tap_clicktime") / "documented.csdl.xml").read_bytes()
    documented = {one.name for one in entity_sets(body)}
    names = {one.name for one in probe.sets}
    yield f"documented sets: {listed(sorted(documented & names))}"
    yield f"documented sets that are not declared: {listed(sorted(documented - names))}"
    yield f"further sets: {listed(sorted(names - documented))}"
    for one in probe.sets:
        keys = ", ".join(f"{path} ({one.kinds.get(path)})" for path, _ in one.key) or "none"
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(one.kinds.values()).items()))
        yield f"{one.name}: key {keys}; properties: {kinds}"
    for stream in probe.tap.entities:
        if stream.cursor:
            kind = "a stamp" if stream.follows_changes else "a date"
            yield f"{stream.entity_set.name}: goes by {stream.cursor}, {kind}"


def authentication(probe: ClickTime) -> Iterator[str]:
    """Which forms of the token are taken."""
    for method in ("basic", "token"):
        config = {**probe.tap.config, "auth_method": method}
        headers = {"Accept": "application/xml", **credentials(config)}
        yield f"auth_method {method}: {probe.get('/$metadata', headers=headers)}"


def page_size(probe: ClickTime) -> Iterator[str]:
    """How many rows a page holds."""
    one = probe.chosen()
    for size in (0, FEW, MANY):
        answer = probe.rows_of(one, prefer=size, insist=True)
        applied = answer.headers.get("preference-applied", "nothing")
        applied = applied if _PREFERENCE.fullmatch(applied) else form(applied)
        more = "a link" if _link(answer) else "no link"
        asked = f"maxpagesize={size}" if size else "no preference"
        yield f"{one.name}, {asked}: {answer}, {len(answer.rows)} rows, {more}, applied: {applied}"


def links(probe: ClickTime) -> Iterator[str]:
    """What links look like, and whether they lead on."""
    one = probe.chosen()
    answer = probe.rows_of(one, prefer=FEW)
    if (link := _link(answer)) is None:
        yield f"{one.name}: no link on a page of {len(answer.rows)} rows"
        return
    parts, ours = urlsplit(link), urlsplit(service_root(probe.tap.config))
    kind = "absolute" if parts.netloc else "relative"
    differs = [
        name
        for name, theirs, mine in (
            ("scheme", parts.scheme, ours.scheme),
            ("host", parts.hostname, ours.hostname),
            ("port", parts.port, ours.port),
        )
        if parts.netloc and theirs != mine
    ]
    names = ", ".join(
        form_of_name(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)
    )
    yield f"{kind}; differs from service_url in: {listed(differs)}; parameters: {names}"
    try:
        url = absolute(link, answer.url, service_root(probe.tap.config), rewrite=True)
    except (ShapeError, ValueError):
        yield "it is not followed"
        return
    request = replace(query.question(one), link=url)
    following = probe.ask(request)
    again = [row for row in following.rows if row in answer.rows]
    yield f"followed: {following}, {len(following.rows)} rows, {len(again)} of them came before"


def form_of_name(name: str) -> str:
    """Return the name of a parameter: OData's own as they are."""
    return name if name.startswith("$") else form(name)


def counts(probe: ClickTime) -> Iterator[str]:
    """Whether the service counts."""
    for one in probe.sets:
        answer = probe.rows_of(one, ("$count", "true"), ("$top", "1"))
        page = answer.json if isinstance(answer.json, dict) else {}
        inside = page.get("@odata.count", page.get("@count"))
        alone = probe.count(one)
        same = inside is not None and str(inside) == str(_number(alone))
        yield f"{one.name}: $count=true {answer} ({form(inside)}), /$count {alone}, equal: {same}"


def options(probe: ClickTime) -> Iterator[str]:
    """Which query options are taken."""
    one = probe.chosen()
    (key, *_) = [path for path, _ in one.key] or one.sortable
    for name, value in (
        ("$select", key),
        ("$orderby", key),
        ("$filter", f"{key} ne null"),
        ("$top", "1"),
        ("$skip", "1"),
        ("$count", "true"),
    ):
        answer = probe.rows_of(one, (name, value), prefer=FEW)
        members = sorted({len(row) for row in answer.rows})
        told = listed(map(str, members))
        yield f"{name}: {answer}, {len(answer.rows)} rows of {told} members"


def order(probe: ClickTime) -> Iterator[str]:
    """In which order rows come, and whether `$orderby` is heeded."""
    one = probe.chosen()
    if len(one.key) != 1:
        yield f"{one.name} has not one key"
        return
    path = one.key[0][0]
    for asked in ("", path, f"{path} desc"):
        keys = [row.get(path) for row in probe.rows_of(one, ("$orderby", asked), prefer=100).rows]
        texts = [*map(str, keys)]
        rising = texts == sorted(texts) or keys == sorted(keys, key=_by_number)
        falling = texts == sorted(texts, reverse=True)
        yield (
            f"$orderby={asked or '(none)'}: {len(keys)} rows, the key "
            f"{'rises' if rising else 'falls' if falling else 'is in no order'}"
        )


def _by_number(value: object) -> tuple[int, str]:
    return len(str(value)), str(value)


def values(probe: ClickTime) -> Iterator[str]:
    """Which forms values have on the wire."""
    for one in probe.sets:
        found: dict[str, Counter[str]] = {}
        for row in probe.rows_of(one, ("$top", "50")).rows:
            for name, kind in one.kinds.items():
                if kind not in {"Edm.String", "Edm.Guid", "Edm.Enum", "Edm.Binary"} and name in row:
                    found.setdefault(kind, Counter())[form(row[name])] += 1
            missing = [name for name in one.properties if name not in row]
            found.setdefault("members that are missing", Counter()).update(missing)
        for kind, forms in found.items():
            if forms:
                yield f"{one.name}, {kind}: {', '.join(name for name, _ in forms.most_common(6))}"


def stamps(probe: ClickTime) -> Iterator[str]:
    """How rows are stamped that were never modified."""
    for stream in probe.tap.entities:
        one, cursor = stream.entity_set, stream.cursor
        if cursor and one.kinds.get(cursor) != "Edm.String":
            zero = "1970-01-02" + "T00:00:00Z" * (one.kinds[cursor] == "Edm.DateTimeOffset")
            for text in (f"{cursor} eq null", f"{cursor} lt {zero}"):
                answer = probe.rows_of(one, ("$filter", text), ("$top", "1"))
                some = "some rows" if answer.rows else "no rows"
                yield f"{one.name}, {text}: {answer}, {some}"


def limits(probe: ClickTime) -> Iterator[str]:
    """What was seen of limits."""
    yield from probe.limits()


QUESTIONS: dict[str, Callable[[ClickTime], Iterator[str]]] = {
    "declaration": declaration,
    "authentication": authentication,
    "page size": page_size,
    "links": links,
    "counts": counts,
    "options": options,
    "order": order,
    "values": values,
    "stamps": stamps,
    "limits": limits,
}


def secrets(tap: TapClickTime) -> list[str]:
    """Return what must not be on the page."""
    host = urlsplit(service_root(tap.config))
    return [
        tap.config["api_token"],
        *credentials(tap.config).values(),
        host.netloc,
        host.hostname or "",
    ]
