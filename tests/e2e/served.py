"""What a service sent while a tap ran, as tables: its bodies, parsed without the tap's code.

JSON is parsed by the standard library with all digits, CSV by `csv`. Which body belongs to which
table, and what of a row is in another table's, is what the sandbox knows (`truth`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import msgspec

from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from sandbox.clockify.instants import DAY, iso, seconds
from sandbox.clockify.operations import OPERATIONS, ROWS, Operation, W
from sandbox.perform.clips import BY_ADDRESS
from sandbox.perform.site import NAMES
from sandbox.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox import Sandbox
    from sandbox.wire import Request, Response

Row = dict[str, Any]


class Answer(NamedTuple):
    """The body of a 200."""

    params: Mapping[str, str]
    body: bytes

    def parsed(self) -> Any:
        return parsed(self.body)


Answers = defaultdict[str, list[Answer]]
"""Those of each route."""


@contextmanager
def recording(change: Callable[[bytes], bytes]) -> Iterator[Answers]:
    """Keep what sandboxes send.

    Args:
        change: gets a body, and returns what is sent instead: the same for the same.
    """
    answers: Answers = defaultdict(list)
    answer = Server.answer

    def answered(server: Server, request: Request) -> Response:
        response = answer(server, request)
        if response.status == 200:
            response.put(change(response.body))
            answers[request.route].append(Answer(dict(request.params), response.body))
        return response

    with patch.object(Server, "answer", answered):
        yield answers


def parsed(text: str | bytes) -> Any:
    """Return JSON with all digits of its numbers."""
    return json.loads(text, parse_float=Decimal)


NOT_READ = {
    "projects": {"tasks", "client", "currency", "customFields", "favorite"},
    "tasks": {"favorite"},
}
"""What else there is in the answer from which tasks are read."""


def rows(tap: str, sandbox: Sandbox, answers: Answers, table: str) -> list[Row]:
    """Return the rows of a table that were sent, each once; absent values may be absent."""
    return _ROWS[tap](sandbox, answers, table)


# -- Clockify --------------------------------------------------------------------------------------

TASKS = f"{W}/projects/{{projectId}}/tasks"
FEEDS = {"entity_changes": ("created", "updated"), "entity_deletions": ("deleted",)}


class _Workspace(clockify.Source):
    """A workspace, as it was sent."""

    answers: Answers

    def read(self, path: str, *parents: str, body: object = None, **query: object) -> list[Row]:
        del body  # whatever was asked
        found = {}
        for answer in self.answers_of(path):
            context = {name: answer.params[name] for name in parents}
            for row in _listed(_operation(path), answer.parsed(), self):
                if query.get("archived") in {None, str(row.get("archived")).lower()}:
                    found[(str(row.get("id", row)), *context.values())] = {**row, **context}
        if path == W:  # all come at once
            own = [row for row in self.read("/workspaces") if row["id"] == self.data.row.id]
            found = {(row["id"],): row for row in own}
        if path == TASKS:  # projects come with their tasks, where they are asked for with them
            for project in self.read(f"{W}/projects"):
                found |= {(task["id"],): task for task in project.get("tasks", ())}
        return [*found.values()]

    def answers_of(self, path: str) -> list[Answer]:
        """Return the answers of an operation in this workspace."""
        own = self.data.row.id
        answers = self.answers[f"/clockify{_operation(path).host}{path}"]
        return [one for one in answers if one.params.get("workspaceId", own) == own]

    def feeds(self, table: str) -> list[Row]:
        """Return the rows of a table of changes; `document` is the body's own text."""
        found = {
            bytes(text): _change(event, bytes(text))
            for event in FEEDS[table]
            for answer in self.answers_of(f"{W}/entities/{event}")
            for text in msgspec.json.decode(answer.body, type=list[msgspec.Raw])
        }
        start, end = (iso(seconds(self.world.now) - ago) for ago in (30 * DAY, 120))
        return [
            row for row in found.values() if start <= (row.get("at") or row["deletedAt"]) <= end
        ]


def _change(event: str, text: bytes) -> Row:
    row = parsed(text)
    known = {"id": row["id"], "type": row["documentCode"]}
    if event == "deleted":
        document = msgspec.json.decode(text, type=dict[str, msgspec.Raw])["document"]
        kept = {name: row[name] for name in ("deletedAt", "deletionBinId")}
        return {**known, **kept, "document": bytes(document).decode()}
    when = row["auditMetadata"]
    found = {**known, "change": event, "at": when[f"{event}At"], **when}
    return {**found, "document": text.decode()}


def _operation(path: str) -> Operation:
    return next(one for one in OPERATIONS if one.path == path)


def _listed(operation: Operation, answer: Any, source: _Workspace) -> list[Row]:
    """Return the rows of an answer, out of what is around them."""
    envelope = operation.envelope
    place: Any = envelope(source.world) if callable(envelope) else envelope
    while isinstance(place, dict):
        name, place = next(item for item in place.items() if ROWS in str(item))
        answer = answer[name]
    return answer if isinstance(answer, list) else [answer]


def _clockify(sandbox: Sandbox, answers: Answers, table: str) -> list[Row]:
    world, found = sandbox.clockify, []
    for data in world.workspaces.values():
        source = _Workspace(world, data)
        source.answers = answers
        made = {**clockify.CORE, **clockify.FURTHER}[table]
        whole = table in {"workspaces", "current_user"}
        some = source.feeds(table) if table in FEEDS else made(source)
        found += [row if whole else {**row, "workspaceId": data.row.id} for row in some]
    return found


# -- ClickTime -------------------------------------------------------------------------------------


def _clicktime(sandbox: Sandbox, answers: Answers, table: str) -> list[Row]:
    for one in sandbox.clicktime.sets.values():
        if table in {one.stream, one.custom_fields}:
            each: defaultdict[str, Row] = defaultdict(dict)  # some answers have keys alone
            for answer in answers["/clicktime/odata/{Set}"]:
                if answer.params["Set"] == one.name:
                    for row in answer.parsed()["value"]:
                        each[row["ID"]] |= row
            if table == one.stream:
                return [*each.values()]
            return [field for row in each.values() for field in clicktime.custom_rows(one, row)]
    raise KeyError(table)


# -- Perform ---------------------------------------------------------------------------------------


def _perform(sandbox: Sandbox, answers: Answers, table: str) -> list[Row]:
    del sandbox
    found = {}
    for answer in answers["/perform/projects/{project}/dataclips/{clip}"]:
        project = int(answer.params["project"])
        if BY_ADDRESS[project, answer.params["clip"]] == table:
            found[NAMES[project]] = _cells(answer.body)
    return [{**row, "project": name} for name, some in found.items() for row in some]


def _cells(body: bytes) -> list[Row]:
    """Return rows of CSV by the names of columns; a cell without text is null."""
    headings, *lines = csv.reader(io.StringIO(body.decode(), newline=""))
    words = (re.sub(r"\W+", "_", text.replace("%", " percent ").lower()) for text in headings)
    names = [_named(word.strip("_")) for word in words]
    assert len({*names}) == len(names)
    return [dict(zip(names, (cell or None for cell in line), strict=True)) for line in lines]


def _named(words: str) -> str:
    return "project_2" if words == "project" else re.sub(r"^(?=\d)", "_", words)


_ROWS = {"tap-clockify": _clockify, "tap-clicktime": _clicktime, "tap-perform": _perform}
