"""The responses of clips: all are asked for once up front, those that are stale again later."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar, cast

from tap_perform.client import request_for, service_of
from tap_perform.expected import Expected
from tap_perform.partial_bodies import refuse_part_in
from tap_perform.readers import is_json, open_table, peek
from taps_common.errors import (
    InterruptedRunError,
    Kind,
    NotAskedError,
    NotReadyError,
    ShapeError,
    StatusError,
    TapError,
    UnreachableError,
)
from taps_common.http.bodies import shows_its_end
from taps_common.http.cost import Cost
from taps_common.sync.concurrency import interleave
from taps_common.sync.failures import GIVE_UP_AFTER

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_perform.readers import Table
    from tap_perform.settings import Clip
    from taps_common.clock import Clock
    from taps_common.http.request import Request, Response
    from taps_common.http.session import Session
    from taps_common.sync.concurrency import Exchange, Workers

T = TypeVar("T")

FIRST_WAIT = 15.0
LONGEST_WAIT = 120.0
"""Seconds between two looks at clips that are stale: from the first to the second of these, half as
long again each time. Bentley names no time that a refresh takes."""

STALE_ADVICE = (
    "A clip is stale at its first access and after disuse, and asking for it starts its refresh: "
    "run again later, or raise stale_timeout. If it never comes, as can be on large projects, ask "
    "Bentley's support."
)


@dataclass
class Download:
    """A clip's response.

    Attributes:
        clip: whose it is.
        expected: the headings that it should have.
        response: the response, its body in a temporary file.
        cut: whether only the beginning of the body was taken.
        error: why no response came.
        cost: what all requests for it cost.
        not_before: when the service wants to be asked again, by the clock's seconds.
    """

    clip: Clip
    expected: Expected = field(default_factory=Expected)
    response: Response | None = None
    cut: bool = False
    error: TapError | None = None
    cost: Cost = field(default_factory=Cost)
    not_before: float = 0.0
    _table: Table | None = None

    @property
    def pending(self) -> bool:
        """Whether the clip was not asked for yet, or may come later."""
        return self.stale or (self.response is None and self.error is None)

    @property
    def stale(self) -> bool:
        """Whether the clip may come later."""
        return isinstance(self.error, NotReadyError)

    def table(self) -> Table:
        """Return the table that was sent, proved complete; it is open until `close`.

        Raises:
            TapError: there is none.
        """
        if self._table is None:
            body, content_type = self._body()
            assert self.response is not None  # noqa: S101 - it has the body
            headers = self.response.headers
            complete = self.clip.allow_unterminated or shows_its_end(headers)
            table = self._read(
                lambda: open_table(
                    body,
                    delimiter=self.clip.delimiter,
                    encoding=self.clip.encoding,
                    content_type=content_type,
                    known=self.expected.known,
                    complete=complete,
                    records_path=self.clip.records_path,
                )
            )
            try:
                self._read(lambda: refuse_part_in(headers, table.rows))
                self._check(table.headings)
            except ShapeError:
                table.close()
                raise
            self._table = replace(table, nulls=frozenset(self.clip.null_values))
        return self._table

    def headings(self) -> tuple[str, ...]:
        """Return the headings, of a body too of which only the beginning is there.

        Raises:
            TapError: there are none.
        """
        if not self.cut:
            return self.table().headings
        body, content_type = self._body()
        clip = self.clip
        headings = self._read(
            lambda: peek(
                body,
                delimiter=clip.delimiter,
                encoding=clip.encoding,
                content_type=content_type,
            )
        )
        self._check(headings)
        return headings

    def _check(self, headings: Sequence[str]) -> None:
        try:
            self.expected.check(headings)
        except ShapeError as error:
            self.error = ShapeError(f"{self.clip} {error}")
            raise self.error from None

    def close(self) -> None:
        """Give the temporary files back."""
        self._close_body()
        if self._table is not None:
            self._table.close()

    def _close_body(self) -> None:
        if self.response is not None and self.response.spool is not None:
            self.response.spool.close()

    def _body(self) -> tuple[BinaryIO, str]:
        if self.error is not None:
            raise self.error
        assert self.response is not None  # noqa: S101 - a response or an error, once asked for
        return cast("BinaryIO", self.response.spool), self.response.headers.get("Content-Type", "")

    def _read(self, read: Callable[[], T]) -> T:
        """Read the body, which is not needed any more then."""
        try:
            return read()
        except ShapeError as error:
            self.error = ShapeError(f"{self.clip} is not a table: {error}")
            raise self.error from None
        except TapError as error:
            self.error = error
            raise
        finally:
            self._close_body()


class Downloads:
    """The clips of a run, or of a look at them.

    Args:
        downloads: what is asked for.
        workers: who sends the requests.
        clock: where time comes from.
        session: what they send through.
        logger: takes a line per look at stale clips.
        timeout: seconds that stale clips are waited for, all together.
        headings: whether no more than the headings is wanted; of JSON that takes the whole body.
    """

    def __init__(
        self,
        downloads: Iterable[Download],
        *,
        workers: Workers,
        clock: Clock,
        session: Session,
        logger: logging.Logger,
        timeout: float,
        headings: bool = False,
    ) -> None:
        self.all = [*downloads]
        self._workers = workers
        self._clock = clock
        self._session = session
        self._logger = logger
        self._timeout = timeout
        self._headings = headings
        self._refused: defaultdict[_Login, list[Clip]] = defaultdict(list)
        self._unreachable: dict[_Login, Clip] = {}
        self._answered: set[_Login] = set()
        self._streaks: Counter[_Login] = Counter()

    def of(self, stream: str) -> list[Download]:
        """Return the downloads of a table, project by project."""
        return [one for one in self.all if one.clip.stream == stream]

    def close(self) -> None:
        """Give all temporary files back."""
        for one in self.all:
            one.close()

    def touch(self) -> None:
        """Ask once for each clip that was not asked for yet: that starts the refresh of stale ones.

        Raises:
            InterruptedRunError: the run is to end.
        """
        self._ask([one for one in self.all if one.pending and not one.stale])

    def ready(self) -> Iterator[str]:
        """Yield each table once none of its clips may come later, the ready ones first.

        Raises:
            InterruptedRunError: the run is to end.
        """
        self.touch()
        waiting = list(dict.fromkeys(one.clip.stream for one in self.all))
        end = self._clock.monotonic() + self._timeout
        pause = FIRST_WAIT
        while True:
            ready = [name for name in waiting if not self._may_come(name)]
            yield from ready
            waiting = [name for name in waiting if name not in ready]
            stale = [one for one in self.all if one.stale]
            if not stale:
                yield from waiting
                return
            now = self._clock.monotonic()
            first = min(one.not_before for one in stale)
            self._wait(stale, max(0.0, min(max(now + pause, first), end) - now))
            now = self._clock.monotonic()
            self._ask([one for one in stale if one.not_before <= now or now >= end])
            pause = min(LONGEST_WAIT, pause * 1.5)
            if now >= end:
                self._give_up(stale)

    def _may_come(self, stream: str) -> bool:
        return any(one.stale for one in self.of(stream))

    def _wait(self, stale: Sequence[Download], seconds: float) -> None:
        self._logger.info(
            "%d dataclips are not ready, asking again in %.0f s: %s",
            len(stale),
            seconds,
            ", ".join(f"{one.clip.stream} of {one.clip.project}" for one in stale),
        )
        began = self._clock.monotonic()
        self._clock.wait(seconds, self._session.cancelled)
        waited = self._clock.monotonic() - began  # a signal cuts it
        self._session.spent.add(waited=waited)
        for one in stale:
            one.cost.add(waited=waited)
        if self._session.cancelled.is_set():
            raise InterruptedRunError("interrupted")

    def _give_up(self, stale: Iterable[Download]) -> None:
        for one in stale:
            if one.stale:
                one.error = TapError(
                    f"{one.error} It stayed so for {self._timeout:,.0f} s (stale_timeout). "
                    f"{STALE_ADVICE}",
                    kind=Kind.STALE,
                )

    def _ask(self, downloads: Iterable[Download]) -> None:
        asked = [*downloads]
        costs = {str(one.clip): one.cost for one in asked}

        def send(request: Request) -> Response:
            return self._session.send(request, costs[request.path])

        exchanges = ((one, self._exchange(one)) for one in asked)
        for _, error in interleave(
            exchanges, self._workers, send, side_by_side=self._workers.count
        ):
            if error is not None:
                raise error

    def _exchange(self, one: Download) -> Exchange:
        """Ask for a clip, unless that is in vain for its user or its service."""
        login = _Login(service_of(one.clip).base_url, one.clip.username, one.clip.password)
        if reason := self._in_vain(login):
            status = HTTPStatus.UNAUTHORIZED if self._refused[login] else 0
            one.error = NotAskedError(str(one.clip), reason, status=status)
            return

        def enough(beginning: bytes) -> bool:
            one.cut = self._headings and not is_json(beginning)
            return one.cut

        try:
            one.response = yield request_for(one.clip, known=one.expected.known, enough=enough)
        except InterruptedRunError:
            raise
        except TapError as error:
            one.error = error
            self._note(login, one, error)
        else:
            one.error = None
            self._answered.add(login)
            self._streaks[login] = 0
        self._session.retries_errors = self._streaks[login] < GIVE_UP_AFTER

    def _note(self, login: _Login, one: Download, error: TapError) -> None:
        """Note what a failure says about the clips that are still to be asked for."""
        if isinstance(error, NotReadyError):
            one.not_before = self._clock.monotonic() + (error.after or 0.0)
            self._answered.add(login)
        status = error.status if isinstance(error, StatusError) else 0
        if status == HTTPStatus.UNAUTHORIZED:
            self._refused[login].append(one.clip)
        hopeless = isinstance(error, UnreachableError) and error.hopeless
        lasting = hopeless or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        self._streaks[login] = self._streaks[login] + 1 if lasting else 0
        if hopeless and self._streaks[login] >= GIVE_UP_AFTER:
            self._unreachable.setdefault(login, one.clip)

    def _in_vain(self, login: _Login) -> str | None:
        """Return why a user's clips are not asked for any more: it may lock an account, or last."""
        if login in self._answered:
            return None
        if len(refused := self._refused[login]) >= GIVE_UP_AFTER:
            return f"its credentials were refused for {refused[0].stream} and others"
        if login in self._unreachable:
            return f"{self._unreachable[login].stream} and others before it brought no table either"
        return None


class _Login(NamedTuple):
    """Whose clips they are, and where."""

    base_url: str
    username: str
    password: str
