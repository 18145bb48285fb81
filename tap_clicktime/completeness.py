"""Whether a partition brought all of its rows: counts, `$skip`, greater keys, a list of the keys.

Services are reported that end a page without a link although there is more, and whose links hold an
offset, so that a row which is edited or deleted meanwhile hides another one (STABLE-ORDER). What
the service counts (`$count`) shows the first, a list of the keys alone the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tap_clicktime import query
from tap_clicktime.links import next_request
from taps_common.errors import ShapeError, StatusError
from taps_common.sync.steps import Again, Ask, Fetch, Limit, Page, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
    from typing import TypeAlias, TypeVar

    from tap_clicktime.metadata import EntitySet
    from taps_common.http.request import Request, Response
    from taps_common.sync.steps import Rows

    T = TypeVar("T")
    Steps: TypeAlias = Generator[Again | Ask | Fetch | Limit | Write, Any, T]

LOOKS = 2
"""How often the keys are listed, and those asked for whose rows did not come."""

KEYS_AT_ONCE = 10
"""How many times as many keys as rows a page is asked to hold: they are small."""

LONGEST_FILTER = 1500
"""Characters of a condition that names keys: addresses of 2,000 are taken everywhere."""

ROUND = (50, 64)
"""Services limit pages to multiples of these: so many rows may be all of a page, not of a list."""

_EXPIRED = {HTTPStatus.GONE, HTTPStatus.NOT_FOUND}
_UNQUOTED = {
    *("Edm.Guid", "Edm.Date", "Edm.DateTimeOffset"),
    *("Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Decimal"),
}

HIDDEN = (
    "the service counts more rows than it sends, also when asked for the rest (may the token's "
    "user not see them?): nothing is called deleted"
)
UNCOUNTED = (
    "the service does not count its rows, and goes on neither by $skip nor by key: whether a page "
    "without a link is the last one could not be verified"
)
UNSEEN = (
    "the service does not list its keys: whether rows were added and deleted while pages were read "
    "could not be verified, and nothing is called deleted"
)
CUT_OFF = (
    "GET /{name}: the service counts more rows than it sends, and does not send the rest if that "
    "is asked for ($skip). What came was written. Ask ClickTime's support for links to the next "
    "page, or leave the set out (entity_sets)."
)
FULL_PAGE = (
    "GET /{name}: a full page came without a link, and nothing shows whether more rows follow: the "
    "service does not count them, and goes on neither by $skip nor by key. What came was written. "
    "Ask ClickTime's support for links to the next page, or leave the set out (entity_sets)."
)
UNSTABLE = (
    "GET /{name}: rows were added or deleted while pages were read, and not all of them could be "
    "found again. Run it again, when fewer people work."
)


@dataclass
class Received:
    """What came of a partition so far.

    Attributes:
        keys_of: returns the keys of rows; None where they have none.
        page_size: rows that a page was asked to hold; 0 where that is not known.
        last: the key of the last row.
        seen: hashes of the keys, or of whole pages without them: the texts are megabytes.
        rows: how many rows came.
        pages: how many pages came.
        first: how many rows the service counted first.
        total: how many it counted last; None if it does not count.
        repeats: whether the list began again, so that rows may come twice.
    """

    keys_of: Callable[[Rows], Sequence[object]] | None
    page_size: int = 0
    last: object = None
    seen: set[int] = field(default_factory=set)
    rows: int = 0
    pages: int = 0
    first: int | None = None
    total: int | None = None
    repeats: bool = False

    @property
    def short(self) -> bool:
        """Whether fewer rows came than the service counts."""
        return self.total is not None and self.rows < self.total

    @property
    def may_go_on(self) -> bool:
        """Whether there may be more rows than those of the last page, which has no link.

        Where one page had a link, the others have. A count may be the page's own, or limited.
        """
        if self.total is None or self.rows > self.total:
            return self.pages == 1
        return self.short or (self.pages == 1 and self.is_full)

    @property
    def is_full(self) -> bool:
        """Whether so many rows came as a page may be limited to."""
        sizes = (*ROUND, self.page_size) if self.page_size else ROUND
        return not all(self.rows % size for size in sizes)

    @property
    def moved(self) -> bool:
        """Whether rows are seen to have moved between pages: one came twice, the count changed."""
        twice = self.keys_of is not None and self.rows > len(self.seen)
        return (twice and not self.repeats) or self.total != self.first

    def note(self, rows: Rows) -> Rows:
        """Note rows that go out."""
        self.rows += len(rows)
        if self.keys_of and rows:
            keys = self.keys_of(rows)
            self.seen.update(map(hash, keys))
            self.last = keys[-1]
        return rows

    def note_body(self, body: bytes) -> None:
        """Note a page of rows without keys, to know it again."""
        if not self.keys_of:
            self.seen.add(hash(body))

    def note_page(self, page: Page) -> None:
        """Note the end of a page, and what the service counts: on each, or on one of them.

        A later page that counts its own rows counts nothing.
        """
        self.pages += 1
        if page.total is not None and (self.pages == 1 or page.total != page.count):
            self.first = page.total if self.first is None else self.first
            self.total = page.total

    def begin_again(self, *, goes_on: bool) -> None:
        """Expect rows again that came before; `goes_on` says whether it begins in the middle."""
        self.repeats = True
        self.first = self.total = None
        if not goes_on:
            self.seen, self.rows = set(), 0


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
        keys_at_once: how many times as many keys as rows a page is asked to hold.
    """

    stream: Stream
    received: Received
    params: Mapping[str, str]
    page_size: int
    without: Collection[str]
    keys_at_once: int = KEYS_AT_ONCE
    _takes_skip: bool = True
    _skipped: bool = False
    _ends_by_key: bool = False

    def prove(self, *, keys: bool, further: bool) -> Steps[None]:
        """Ask for what lacks, until all is there.

        Args:
            keys: whether a list of several pages is compared with the keys even if nothing is odd.
            further: whether a list of one page is asked for what follows even if nothing is odd: a
                service that sends no links may count the rows of the page.

        Raises:
            ShapeError: not all rows could be had.
        """
        received = self.received
        if not received.rows and not received.total:
            return
        if received.may_go_on or (further and received.pages == 1):
            yield from self._rest()
        short = received.short
        if self._ends_by_key:  # in the order of keys no row hides another one
            if short:
                yield Limit(HIDDEN)
            return
        odd = received.moved or (short and not self._takes_skip)
        if received.keys_of and (odd or (keys and received.pages > 1)):
            short = yield from self._compare()
        elif received.moved:
            raise self._error(UNSTABLE)
        if short and not self._takes_skip:
            raise self._error(CUT_OFF)
        if short:
            yield Limit(HIDDEN)

    # -- pages that end without a link -----------------------------------------------------------

    def _rest(self) -> Steps[None]:
        """Ask for the rows after those that came, until none come: a count may be too low.

        Raises:
            ShapeError: a page may have been cut off, and no question leads further.
        """
        received = self.received
        page = None
        try:
            while True:
                request = self._question(("$skip", str(received.rows)))
                page = self.stream.open_page(request, (yield Ask(request)))
                if not self._is_new(page):
                    break
                yield from self._take(request, page)
                self._skipped = True
        except StatusError as error:
            if error.status not in query.REFUSALS:
                raise
        self._takes_skip = page is not None and _is_empty(page)
        if self._takes_skip:
            return
        full = received.is_full
        self._ends_by_key = yield from self._rest_by_key()
        if self._ends_by_key or received.short:
            return
        if full and received.total != received.rows:
            raise self._error(FULL_PAGE)
        if full:  # the count may be the page's own
            yield Limit(UNCOUNTED)
        elif received.total != received.rows:
            self.stream.could_not(UNCOUNTED)

    def _is_new(self, page: Page) -> bool:
        """Return whether a page has rows that did not come yet."""
        if self.received.keys_of:
            return not self.received.seen.issuperset(map(hash, self.stream.read_keys(page)))
        return not _is_empty(page) and hash(page.records) not in self.received.seen

    def _take(self, request: Request, page: Page) -> Steps[None]:
        """Write a page, and the ones that its link leads to."""
        while True:
            self.received.note_body(page.records)
            written = yield Write(page.records, request, self.received.note)
            self.received.note_page(replace(page, count=written.count))
            if page.link is None:
                return
            request = next_request(request, page.link)
            page = self.stream.open_page(request, (yield Ask(request)))
            if not self._is_new(page):
                return

    # -- services that go on by key alone --------------------------------------------------------

    def _rest_by_key(self) -> Steps[bool]:
        """Ask for rows whose key is greater than the last one, until the greatest one came.

        Returns:
            Whether it came. It does not where the service does not filter or sort by the key.

        Raises:
            ShapeError: rows came, and then none, before the greatest one.
        """
        received = self.received
        refused = not {"$filter", "$orderby"}.isdisjoint(self.without)
        if received.keys_of is None or refused or not self._greater_than(received.last):
            return False
        pages = received.pages
        try:
            if self.params["$orderby"] != ",".join(self._paths):  # the last key is any of them
                received.begin_again(goes_on=False)
                yield Again()
                yield from self._take_greater("")
                pages = received.pages
            greatest = yield from self._greatest_key()
            goes_on = True
            while goes_on and received.last != greatest:
                after = self._greater_than(received.last)
                goes_on = yield from self._take_greater(after)
            if received.last != greatest:  # rows may have been added
                greatest = yield from self._greatest_key()
            if received.last == greatest:
                return True
        except StatusError as error:
            if error.status not in query.REFUSALS:
                raise
        if received.pages > pages:
            raise self._error(FULL_PAGE)
        return False

    def _greatest_key(self) -> Steps[object]:
        """Return the greatest key of the list; None where it has no rows."""
        order = ("$orderby", ",".join(f"{path} desc" for path in self._paths))
        request = self._question(("$select", self._key_names), order, page_size=1)
        keys = self.stream.read_keys(self.stream.open_page(request, (yield Ask(request))))
        return keys[0] if keys else None

    def _take_greater(self, condition: str) -> Steps[bool]:
        """Write the next page in the order of keys; return whether it has rows, all of them new."""
        both = [one for one in (self.params["$filter"], condition) if one]
        request = self._question(
            ("$filter", " and ".join(f"({one})" for one in both) if both[1:] else "".join(both)),
            ("$orderby", ",".join(self._paths)),
            ("$count", ""),  # not of the list
        )
        page = self.stream.open_page(request, (yield Ask(request)))
        keys = self.stream.read_keys(page)
        if not keys or not self.received.seen.isdisjoint(map(hash, keys)):
            return False
        yield from self._take(request, page)
        return True

    def _greater_than(self, key: object) -> str:
        """Return a condition that is true for greater keys; nothing where it has no literals."""
        literals = self._literals(key)
        if not all(text for _, text in literals):
            return ""
        same = [f"{path} eq {text}" for path, text in literals]
        return " or ".join(
            " and ".join([*same[:place], f"{path} gt {text}"])
            for place, (path, text) in enumerate(literals)
        )

    # -- rows that moved between pages -----------------------------------------------------------

    def _compare(self) -> Steps[bool]:
        """Compare with lists of the keys, and ask for what they have beyond.

        Returns:
            Whether the service counts more rows than it lists keys.

        Raises:
            ShapeError: rows of some keys did not come, or the keys change all the time.
        """
        before = None
        for _ in range(LOOKS):
            try:
                listed, missing = yield from self._list_keys()
            except StatusError as error:
                if error.status not in query.REFUSALS | _EXPIRED:
                    raise
                if self.keys_at_once > 1:  # pages so long may be what is refused
                    self.keys_at_once = 1
                    return (yield from self._compare())
                if "$select" not in self.without:  # whole rows have keys, too
                    self.without = [*self.without, "$select"]
                    return (yield from self._compare())
                if self.received.moved:
                    break
                yield Limit(UNSEEN)
                return self.received.short
            yield from self._ask_for(missing)
            rests = not listed.moved or listed.seen == before  # a key may come twice for ever
            if rests and self.received.seen.issuperset(missing):
                return listed.short
            before = listed.seen
        raise self._error(UNSTABLE)

    def _list_keys(self) -> Steps[tuple[Received, dict[int, object]]]:
        """Return what a list of the keys brought, and those whose rows did not come."""
        listed = Received(keys_of=lambda keys: keys)
        missing: dict[int, object] = {}
        changed = (
            ("$select", self._key_names),
            ("$orderby", ",".join(query.total_order(self.stream.entity_set))),
        )
        size = self.keys_at_once * self.page_size
        request: Request | None = self._question(*changed, page_size=size)
        asked = set[object]()
        while request is not None:
            asked.add(request.identity)
            page = self.stream.open_page(request, (yield Ask(request)))
            keys = self.stream.read_keys(page)
            before = len(listed.seen)
            listed.note(keys)
            listed.note_page(replace(page, count=len(keys)))
            missing |= {hash(key): key for key in keys if hash(key) not in self.received.seen}
            goes_on = self._skipped or (listed.short and self._takes_skip)
            if page.link is not None:
                request = next_request(request, page.link)
                if request.identity in asked:
                    raise ShapeError(f"{request}: the link to the next page leads back.")
            elif goes_on and len(listed.seen) > before:
                skip = ("$skip", str(listed.rows))
                request = self._question(*changed, skip, page_size=size)
            else:
                request = None
        return listed, missing

    def _ask_for(self, missing: Mapping[int, object]) -> Steps[None]:
        """Ask for rows by their keys; a service that takes no `$filter` is not asked."""
        for condition in () if "$filter" in self.without else self._conditions(missing.values()):
            request = self._question(("$filter", condition), ("$count", ""))  # not of the list
            try:
                page = self.stream.open_page(request, (yield Ask(request)))
            except StatusError as error:
                if error.status not in query.REFUSALS:
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
        if condition:
            yield condition

    def _condition(self, key: object) -> str:
        literals = self._literals(key)
        if not all(text for _, text in literals):
            return ""
        same = " and ".join(f"{path} eq {text}" for path, text in literals)
        return f"({same})" if len(literals) > 1 else same

    # -- keys ------------------------------------------------------------------------------------

    @property
    def _paths(self) -> list[str]:
        return [path for path, _ in self.stream.entity_set.key]

    @property
    def _key_names(self) -> str:
        return ",".join(dict.fromkeys(path.partition("/")[0] for path in self._paths))

    def _literals(self, key: object) -> list[tuple[str, str]]:
        """Return the parts of a key, each with its literal, or with nothing if it has none."""
        values = key if isinstance(key, tuple) else (key,)
        kinds = self.stream.entity_set.kinds
        return [
            (path, _literal(kinds.get(path), value))
            for path, value in zip(self._paths, values, strict=True)
        ]

    def _error(self, text: str) -> ShapeError:
        return ShapeError(text.format(name=self.stream.entity_set.name))

    def _question(self, *changed: tuple[str, str], page_size: int | None = None) -> Request:
        params = {**self.params, **dict(changed)}
        return query.question(
            self.stream.entity_set,
            *params.items(),
            page_size=self.page_size if page_size is None else page_size,
            without=self.without,
        )


def _is_empty(page: Page) -> bool:
    return not page.records.strip(b"[] \r\n\t")


def _literal(kind: str | None, value: object) -> str:
    """Return a part of a key as it stands in `$filter`; nothing where that is not known."""
    if kind == "Edm.String":
        return "'{}'".format(str(value).replace("'", "''"))
    if kind not in _UNQUOTED:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
