"""Whether a partition brought all of its rows: what was counted, `$skip`, and a look at the keys.

Services are reported that end a page without a link although there is more, and whose links hold an
offset, so that a row which is edited or deleted meanwhile hides another one (STABLE-ORDER). What
the service counts (`$count`) shows the first, a second list that holds keys alone the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tap_clicktime import query
from tap_clicktime.links import next_request
from taps_common.errors import ShapeError, StatusError
from taps_common.sync.steps import Ask, Fetch, Limit, Page, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from tap_clicktime.metadata import EntitySet
    from taps_common.http.request import Request, Response
    from taps_common.sync.steps import Rows

    Steps: TypeAlias = Generator[Ask | Fetch | Limit | Write, Any, None]
    Looking: TypeAlias = Generator[Ask, Response, "tuple[Received, Keys]"]
    Keys: TypeAlias = Mapping[int, object]

LOOKS = 2
"""How often rows that the keys show to be missing are asked for."""

KEYS_AT_ONCE = 10
"""How many times as many keys as rows a page is asked to hold: they are small."""

LONGEST_FILTER = 1500
"""Characters of a condition that names keys: addresses of 2,000 are taken everywhere."""

REFUSALS = {*query.NOT_UNDERSTOOD, HTTPStatus.INTERNAL_SERVER_ERROR}
"""What a service answers to an option that it does not know."""

_EXPIRED = {HTTPStatus.GONE, HTTPStatus.NOT_FOUND}
_UNQUOTED = {
    *("Edm.Guid", "Edm.Date", "Edm.DateTimeOffset"),
    *("Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Decimal"),
}

HIDDEN = (
    "the service counts more rows than it shows, and sends none of them to $skip either (the "
    "token's user may not see them?): nothing is called deleted"
)
UNCOUNTED = (
    "%s: the service counts no rows and takes no $skip: whether a page without a link is the last "
    "one could not be verified"
)
UNSEEN = (
    "%s: the service does not list keys alone: whether rows were added and deleted while pages "
    "were read could not be verified"
)
CUT_OFF = (
    "{request}: the service counts more rows than it sends, names no next page, and takes no "
    "$skip. Lower the rows of a question (start_date), or ask ClickTime's support."
)
UNSTABLE = (
    "{request}: rows were added or deleted while pages were read, and not all of them could be "
    "found again. Run it again, when fewer people work."
)


@dataclass
class Received:
    """What came of a partition so far.

    Attributes:
        keys_of: returns the keys of rows; None where they have none.
        seen: hashes of the keys, or of whole pages without them: the texts are megabytes.
        rows: how many rows came.
        latest: how many of them are on the last page.
        again: how many of them came on an earlier page, too.
        pages: how many pages came.
        first: how many rows the service counted first.
        total: how many it counted last; None if it does not count.
        repeats: whether the list began again, so that rows may come twice.
    """

    keys_of: Callable[[Rows], Sequence[object]] | None
    seen: set[int] = field(default_factory=set)
    rows: int = 0
    latest: int = 0
    again: int = 0
    pages: int = 0
    first: int | None = None
    total: int | None = None
    repeats: bool = False
    _page: set[int] = field(default_factory=set)

    @property
    def found(self) -> int:
        """How many rows came, less those that an earlier page had."""
        return self.rows - self.again

    @property
    def short(self) -> bool:
        """Whether fewer rows came than the service counts."""
        return self.total is not None and self.found < self.total

    @property
    def moved(self) -> bool:
        """Whether rows are seen to have moved between pages: some came twice, or the count changed.

        What is only short is asked for by `$skip`. A count that is the page's own is no total.
        """
        doubled = self.again > 0 and not self.repeats
        return doubled or self.total not in {self.first, self.latest}

    def note(self, rows: Rows) -> Rows:
        """Note rows that go out."""
        self.rows += len(rows)
        self.latest += len(rows)
        if self.keys_of:
            keys = list(map(hash, self.keys_of(rows)))
            self.again += sum(key in self.seen and key not in self._page for key in keys)
            self.seen.update(keys)
            self._page.update(keys)
        return rows

    def begin_page(self) -> None:
        """Count a page, whose rows follow in parts."""
        self.pages += 1
        self.latest = 0
        self._page = set()

    def note_body(self, body: bytes) -> None:
        """Note a page of rows without keys, to know it again."""
        if not self.keys_of:
            self.seen.add(hash(body))

    def note_count(self, page: Page) -> None:
        """Note what the service counts: on the first page, on each, or not before the last."""
        if page.total is not None:
            self.first = page.total if self.first is None else self.first
            self.total = page.total

    def begin_again(self, *, goes_on: bool) -> None:
        """Expect rows again that came before; `goes_on` says whether it begins in the middle."""
        self.repeats = True
        if not goes_on:
            self.seen, self.rows, self.again = set(), 0, 0
            self.first = self.total = None


class Stream(Protocol):
    """What is needed of the stream whose rows they are."""

    entity_set: ClassVar[EntitySet]

    def open_page(self, request: Request, response: Response) -> Page:
        """Return the page that a response is."""

    def read_keys(self, page: Page) -> Sequence[object]:
        """Return the keys of the rows of a page, which need not hold anything else."""

    def could_not(self, text: str) -> None:
        """Say once what could not be verified."""


@dataclass
class Completeness:
    """Asks for the rows of a partition that its pages did not bring.

    Args:
        stream: whose rows they are.
        received: what the pages brought.
        params: query options of the first question.
        page_size: rows that a page is asked to hold.
        without: query options that the service does not take.
    """

    stream: Stream
    received: Received
    params: Mapping[str, str]
    page_size: int
    without: Collection[str]

    def prove(self, *, keys: bool) -> Steps:
        """Ask for what lacks, until all is there.

        Args:
            keys: whether a list of several pages is compared with the keys even if nothing is odd.

        Raises:
            ShapeError: not all rows could be had.
        """
        received = self.received
        if not received.rows and not received.total:
            return
        compared = 0
        if received.keys_of and received.moved:  # what it hid counts, and is not at the end
            yield from self._compare()
            compared = received.pages
        if received.short or (received.total is None and received.pages == 1):
            yield from self._rest()
        several = keys and received.pages > 1
        if received.keys_of and received.pages != compared and (received.moved or several):
            yield from self._compare()

    # -- pages that end without a link -----------------------------------------------------------

    def _rest(self) -> Steps:
        """Ask for the rows after those that came."""
        received = self.received
        skips = False
        before = -1
        while before < received.found and not skips and (received.short or received.total is None):
            before = received.found
            request = self._question(("$skip", str(before)))
            try:
                response = yield Ask(request)
            except StatusError as error:
                if error.status not in REFUSALS:
                    raise
                break
            page = self.stream.open_page(request, response)
            received.note_count(page)
            skips = page.records.strip(b"[] \r\n\t") == b"" and page.link is None
            if self._is_new(page):
                yield from self._take(request, page)
        if received.short and skips:
            yield Limit(HIDDEN)
        elif received.short:
            raise ShapeError(CUT_OFF.format(request=f"GET /{self.stream.entity_set.name}"))
        elif not skips and received.total is None:
            self.stream.could_not(UNCOUNTED)

    def _is_new(self, page: Page) -> bool:
        """Return whether a page has rows that did not come yet."""
        if self.received.keys_of:
            return not self.received.seen.issuperset(map(hash, self.stream.read_keys(page)))
        return hash(page.records) not in self.received.seen

    def _take(self, request: Request, page: Page) -> Steps:
        """Write a page, and the ones that its link leads to."""
        received = self.received
        while True:
            received.begin_page()
            received.note_body(page.records)
            yield Write(page.records, request, received.note)
            received.note_count(page)
            if page.link is None:
                return
            request = next_request(request, page.link)
            page = self.stream.open_page(request, (yield Ask(request)))
            if not self._is_new(page):
                return

    # -- rows that moved between pages -----------------------------------------------------------

    def _compare(self) -> Steps:
        """Compare with a list of the keys, and ask for the rows that it has beyond."""
        before = None
        for look in range(LOOKS + 1):
            try:
                listed, missing = yield from self._list_keys()
            except StatusError as error:
                if error.status not in REFUSALS | _EXPIRED:
                    raise
                break
            if not missing and (not listed.moved or listed.seen == before):
                return
            before = listed.seen
            if missing and look < LOOKS:
                yield from self._ask_for(missing)
                if listed.moved:
                    continue
                if self.received.seen.issuperset(missing):
                    return
        else:
            raise ShapeError(UNSTABLE.format(request=f"GET /{self.stream.entity_set.name}"))
        if self.received.moved:
            raise ShapeError(UNSTABLE.format(request=f"GET /{self.stream.entity_set.name}"))
        self.stream.could_not(UNSEEN)

    def _list_keys(self) -> Looking:
        """Return what a list of the keys brought, and those whose rows did not come."""
        listed = Received(keys_of=lambda keys: keys)
        missing: dict[int, object] = {}
        names = dict.fromkeys(path.partition("/")[0] for path, _ in self.stream.entity_set.key)
        changed = (
            ("$select", ",".join(names)),
            ("$orderby", ",".join(query.total_order(self.stream.entity_set))),
        )
        size = KEYS_AT_ONCE * self.page_size
        request: Request | None = self._question(*changed, page_size=size)
        asked = set[object]()
        while request is not None:
            asked.add(request.identity)
            page = self.stream.open_page(request, (yield Ask(request)))
            keys = self.stream.read_keys(page)
            before = listed.found
            listed.begin_page()
            listed.note(keys)
            listed.note_count(page)
            missing |= {hash(key): key for key in keys if hash(key) not in self.received.seen}
            if page.link is not None:
                request = next_request(request, page.link)
                if request.identity in asked:
                    raise ShapeError(f"{request}: the link to the next page leads back.")
            elif listed.short and listed.found > before:
                skip = ("$skip", str(listed.found))
                request = self._question(*changed, skip, page_size=size)
            else:
                request = None
        return listed, missing

    def _ask_for(self, missing: Keys) -> Steps:
        """Ask for rows by their keys; a service that takes no `$filter` is not asked."""
        for condition in () if "$filter" in self.without else self._conditions(missing.values()):
            request = self._question(("$filter", condition), ("$count", ""))  # not of the list
            try:
                page = self.stream.open_page(request, (yield Ask(request)))
            except StatusError as error:
                if error.status not in REFUSALS:
                    raise
                return
            if self._is_new(page):
                yield from self._take(request, page)

    def _conditions(self, keys: Collection[object]) -> Iterator[str]:
        """Yield conditions that are true for some keys each; none where they have no literals."""
        condition = ""
        for key in keys:
            if not (one := self._condition(key)):
                return
            longer = f"{condition} or {one}" if condition else one
            if len(longer) > LONGEST_FILTER and condition:
                yield condition
                longer = one
            condition = longer
        yield condition

    def _condition(self, key: object) -> str:
        paths = [path for path, _ in self.stream.entity_set.key]
        values = key if isinstance(key, tuple) else (key,)
        kinds = self.stream.entity_set.kinds
        literals = [_literal(kinds.get(path), one) for path, one in zip(paths, values, strict=True)]
        if not all(literals):
            return ""
        same = " and ".join(f"{path} eq {text}" for path, text in zip(paths, literals, strict=True))
        return f"({same})" if len(paths) > 1 else same

    def _question(self, *changed: tuple[str, str], page_size: int | None = None) -> Request:
        params = {**self.params, **dict(changed)}
        return query.question(
            self.stream.entity_set,
            *params.items(),
            page_size=self.page_size if page_size is None else page_size,
            without=self.without,
        )


def _literal(kind: str | None, value: object) -> str:
    """Return a part of a key as it stands in `$filter`; nothing where that is not known."""
    if kind == "Edm.String":
        return "'{}'".format(str(value).replace("'", "''"))
    if kind not in _UNQUOTED:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
