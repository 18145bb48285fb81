"""The system query options of a request, checked against the set they are asked of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.clicktime.edm import CUSTOM_FIELDS, EntityType, Order
from sandbox.clicktime.filters import Filter, compile_filter
from sandbox.clicktime.protocol import Refusal
from sandbox.clicktime.switches import Switches
from sandbox.clicktime.tables import Ordering
from sandbox.wire import Request

SKIPTOKEN = "$skiptoken"
_KNOWN = frozenset({"$filter", "$orderby", "$select", "$top", "$skip", "$count", SKIPTOKEN})

_PREFERENCE = re.compile(r"^(odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})\"?$", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    where: Filter | None = None
    ordering: Ordering = ()
    select: tuple[str, ...] = ()
    """Names of properties; empty for all."""
    top: int | None = None
    skip: int = 0
    count: bool = False


def options(request: Request) -> dict[str, str]:
    """Read the system query options; a plus is a plus, and only %20 is a space."""
    found: dict[str, str] = {}
    for part in request.target.partition("?")[2].split("&"):
        raw_name, _, raw_value = part.partition("=")
        name = unquote(raw_name)
        if not name.startswith("$"):
            continue
        if name not in _KNOWN:
            raise Refusal(501, f"The query option '{name}' is not implemented.", name)
        if name in found:
            raise Refusal(400, f"The query option '{name}' is given more than once.", name)
        found[name] = unquote(raw_value)
    return found


def read_query(given: dict[str, str], entity: EntityType, switches: Switches) -> Query:
    """Check the options of a list; those that the service ignores are left out."""
    kept = dict(given)
    for name in ("$filter", "$orderby", "$select", "$count"):
        mode: str = getattr(switches, f"no_{name[1:]}")
        if mode == "refuse" and name in kept:
            raise Refusal(switches.refusal_status, f"'{name}' is not supported here.", name)
        if mode == "ignore":
            kept.pop(name, None)
    where, count = kept.get("$filter"), kept.get("$count", "false")
    if count not in {"true", "false"}:
        raise Refusal(400, f"'{count}' is not a boolean.", "$count")
    return Query(
        where=None if where is None else compile_filter(where, entity),
        ordering=_ordering(kept["$orderby"], entity) if "$orderby" in kept else (),
        select=_selection(kept["$select"], entity) if "$select" in kept else (),
        top=_number(kept, "$top"),
        skip=_number(kept, "$skip") or 0,
        count=count == "true",
    )


def page_size(request: Request, switches: Switches) -> tuple[int, str | None]:
    """Return the rows of a page and, if the client preferred a size, what was applied."""
    for item in re.split(r"[,;]", request.headers.get("prefer", "")):
        match = _PREFERENCE.match(item.strip())
        if match and switches.no_preference == "refuse":
            raise Refusal(400, "The preference 'maxpagesize' is not supported here.")
        if match and int(match[2]) > 0 and not switches.no_preference:
            size = min(int(match[2]), switches.page_cap)
            return size, f"{match[1] or ''}maxpagesize={size}"
    return min(switches.page_size, switches.page_cap), None


def _ordering(text: str, entity: EntityType) -> Ordering:
    items = []
    for item in text.split(","):
        match = re.fullmatch(r"\s*([\w/]+)(?: +(asc|desc))?\s*", item)
        if match is None:
            raise Refusal(400, f"Syntax error in '{item}'.", "$orderby")
        declared = entity.find(match[1])
        if declared is None or declared.type == CUSTOM_FIELDS:
            message = f"Cannot order by '{match[1]}' of type '{entity.name}'."
            raise Refusal(400, message, "$orderby")
        items.append(Order(declared, match[2] == "desc"))
    return tuple(items)


def _selection(text: str, entity: EntityType) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name != "*" and entity.find(name) is None:
            message = f"Could not find a property named '{name}' on type '{entity.name}'."
            raise Refusal(400, message, "$select")
    return () if "*" in names else names


def _number(given: dict[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is not None and not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise Refusal(400, f"'{text}' is not a number of rows.", name)
    return None if text is None else int(text)
