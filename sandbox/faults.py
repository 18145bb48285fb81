"""Faults that a test or a person injects: each changes the answers of the requests it matches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import msgspec

from sandbox.wire import LOGIN_PAGE, Json, Response

_Replacing = Literal["status", "html", "empty", "redirect", "reset", "hang"]
_Truncating = Literal["truncate_body", "truncate_json"]
_Editing = Literal["envelope", "replace", "remove", "extra", "duplicate_row", "blank_key"]


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One fault; which parameters count depends on its kind."""

    route: str
    """Part of "METHOD /path" (the path without its query)."""
    kind: _Replacing | _Truncating | _Editing
    times: int = 1
    """How many matching requests it hits; 0 = all of them."""
    after: int = 0
    """How many matching requests pass unharmed before the first hit."""
    code: int | None = None
    """HTTP status of `status` (default 500) and `redirect` (default 302)."""
    body: str = ""
    headers: dict[str, str] = {}
    content_type: str = "application/json"
    """What `status` says its body is."""
    seconds: float = 1.0
    """How long `hang` waits."""
    location: str = ""
    """Where `redirect` points."""
    field: str = ""
    """Dotted path of `replace`, `remove` and `extra`; lists on the way are entered."""
    value: object = None
    name: str = "response"
    """The key that `envelope` wraps the array in."""
    hits: int = 0
    passed: int = 0


class Drop(Exception):  # noqa: N818 - an order to the server, not an error
    """The connection is to be closed without an answer."""


class Faults:
    """The faults in force, in the order they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, **parameters: object) -> None:
        """Add one fault; unknown parameters and kinds are refused with ValueError."""
        fault = msgspec.convert(parameters, Fault)
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request, and count the hit."""
        with self._lock:
            for fault in self._faults:
                spent = fault.times and fault.hits >= fault.times
                if spent or fault.route not in f"{method} {path}":
                    continue
                if fault.passed == fault.after:
                    fault.hits += 1
                    return fault
                fault.passed += 1
        return None


def before_answer(fault: Fault, wait: Callable[[float], object]) -> Response | None:
    """Act on the faults that replace the service's answer; None lets the service answer."""
    if fault.kind == "hang":
        wait(fault.seconds)
    if fault.kind in {"hang", "reset"}:
        raise Drop
    body, headers = fault.body.encode(), list(fault.headers.items())
    if fault.kind == "status":
        return Response(fault.code or 500, (body,), headers, fault.content_type)
    if fault.kind == "redirect":
        return Response(fault.code or 302, (), [("Location", fault.location), *headers])
    if fault.kind == "html":
        return Response(200, (body or LOGIN_PAGE,), headers, "text/html;charset=utf-8")
    return Response(200, (), headers) if fault.kind == "empty" else None


def after_answer(fault: Fault, response: Response) -> Response:
    """Act on the faults that change the service's answer; refusals stay as they are.

    The edits need a JSON document.
    """
    if response.status != 200:
        return response
    if fault.kind == "truncate_body":
        response.cut = True
    elif fault.kind == "truncate_json":
        body = response.body
        response.put(body[: len(body) * 2 // 3])
    elif fault.kind in _EDITS:
        document: Json = msgspec.json.decode(response.body)
        response.put(msgspec.json.encode(_EDITS[fault.kind](fault, document)))
    return response


def _replace(fault: Fault, document: Json) -> Json:
    value: Json = msgspec.to_builtins(fault.value)
    for row, name in _places(document, *fault.field.split(".")):
        row[name] = value
    return document


def _remove(fault: Fault, document: Json) -> Json:
    for row, name in _places(document, *fault.field.split(".")):
        row.pop(name, None)
    return document


def _duplicate_row(_fault: Fault, document: Json) -> Json:
    rows = _rows(document)
    rows += rows[-1:]
    return document


def _blank_key(_fault: Fault, document: Json) -> Json:
    rows = _rows(document)
    if rows and isinstance(rows[-1], dict):
        rows[-1]["ID" if "ID" in rows[-1] else "id"] = None
    return document


_EDITS: dict[str, Callable[[Fault, Json], Json]] = {
    "envelope": lambda fault, document: {fault.name: document},
    "replace": _replace,
    "remove": _remove,
    "extra": _replace,
    "duplicate_row": _duplicate_row,
    "blank_key": _blank_key,
}


def _rows(document: Json) -> list[Json]:
    """Return the rows of an answer: the document, what is in its `value`, or the one object."""
    if isinstance(document, dict) and isinstance(document.get("value"), list):
        return _rows(document["value"])
    return document if isinstance(document, list) else [document]


def _places(value: Json, name: str, *rest: str) -> list[tuple[dict[str, Json], str]]:
    """Return each object that a dotted path leads to, with the name of its member."""
    if isinstance(value, list):
        return [place for item in value for place in _places(item, name, *rest)]
    if not isinstance(value, dict):
        return []
    return _places(value.get(name), *rest) if rest else [(value, name)]
