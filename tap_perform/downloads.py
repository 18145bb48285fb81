"""The answers of clips: all are asked for once up front, those that are stale again later."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from tap_perform.client import request_for, service_of
from tap_perform.readers import is_json, open_table, peek
from taps_common.errors import (
    InterruptedRunError,
    NotReadyError,
    RequestError,
    ShapeError,
    StatusError,
    TapError,
)
from taps_common.fetch import drive
from taps_common.progress import Cost

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Event

    from tap_perform.readers import Table
    from tap_perform.settings import Clip
    from taps_common.clock import Clock
    from taps_common.fetch import Walk, Workers
    from taps_common.http import Response

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
    """A clip's answer.

    Attributes:
        clip: whose it is.
        response: the answer, its body in a temporary file.
        cut: whether only the beginning of the body was taken.
        error: why there is no answer.
        cost: what all requests for it cost.
    """

    clip: Clip
    response: Response | None = None
    cut: bool = False
    error: TapError | None = None
    cost: Cost = field(default_factory=Cost)
    _table: Table | None = None

    @property
    def pending(self) -> bool:
        """Whether the clip was not asked for yet, or may come later."""
        return self.stale or (self.response is None and self.error is None)

    @property
    def stale(self) -> bool:
        """Whether the clip may come later."""
        return isinstance(self.error, NotReadyError)

    @property
    def asked_wait(self) -> float:
        """Seconds that the service asks to wait for a stale clip; 0 where it names no time."""
        return (self.error.after or 0.0) if isinstance(self.error, NotReadyError) else 0.0

    def table(self) -> Table:
        """Return the table that was sent, proved complete; it is open until `close`.

        Raises:
            TapError: there is none.
        """
        if self._table is None:
            body, content_type = self._body()
            self._table = self._read(
                lambda: open_table(
                    body,
                    delimiter=self.clip.delimiter,
                    encoding=self.clip.encoding,
                    content_type=content_type,
                )
            )
        return self._table

    def headings(self) -> tuple[str, ...]:
        """Return the headings, of a body too of which only the beginning is there.

        Raises:
            TapError: there are none.
        """
        if not self.cut:
            return self.table().headings
        body, _ = self._body()
        clip = self.clip
        return self._read(lambda: peek(body, delimiter=clip.delimiter, encoding=clip.encoding))

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
        assert self.response is not None  # noqa: S101 - an answer or an error, once asked for
        return cast("BinaryIO", self.response.spool), self.response.headers.get("Content-Type", "")

    def _read(self, read: Callable[[], T]) -> T:
        """Read the body, which is not needed any more then."""
        try:
            return read()
        except ShapeError as error:
            self.error = ShapeError(f"{self.clip} is no table: {error}")
            raise self.error from None
        finally:
            self._close_body()


class Downloads:
    """The clips of a run, or of a look at them.

    Args:
        clips: what is asked for.
        workers: who sends the requests.
        clock: where time comes from.
        cancelled: set when the run is to end.
        logger: takes a line per look at stale clips.
        timeout: seconds that stale clips are waited for, all together.
        headings: whether no more than the headings is wanted; of JSON that takes the whole body.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        *,
        workers: Workers,
        clock: Clock,
        cancelled: Event,
        logger: logging.Logger,
        timeout: float,
        headings: bool = False,
    ) -> None:
        self.all = [Download(clip) for clip in clips]
        self._workers = workers
        self._clock = clock
        self._cancelled = cancelled
        self._logger = logger
        self._timeout = timeout
        self._headings = headings
        self._refused: dict[tuple[str, str, str], Clip] = {}

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

    def settled(self) -> Iterator[str]:
        """Yield each table once none of its clips may come later, the ready ones first.

        Raises:
            InterruptedRunError: the run is to end.
        """
        self.touch()
        waiting = list(dict.fromkeys(one.clip.stream for one in self.all))
        end = self._clock.monotonic() + self._timeout
        pause = FIRST_WAIT
        while True:
            yield from (name for name in waiting if not self._may_come(name))
            waiting = [name for name in waiting if self._may_come(name)]
            if not waiting:
                return
            stale = [one for one in self.all if one.stale]
            asked = max(one.asked_wait for one in stale)
            left = max(0.0, end - self._clock.monotonic())
            self._wait(stale, min(max(pause, asked), left))
            self._ask(stale)
            pause = min(LONGEST_WAIT, pause * 1.5)
            if self._clock.monotonic() >= end:
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
        self._clock.wait(seconds, self._cancelled)
        for one in stale:
            one.cost.waited += seconds
        if self._cancelled.is_set():
            raise InterruptedRunError("interrupted")

    def _give_up(self, stale: Iterable[Download]) -> None:
        for one in stale:
            if one.stale:
                one.error = TapError(
                    f"{one.error} It stayed so for {self._timeout:,.0f} s (stale_timeout). "
                    f"{STALE_ADVICE}"
                )

    def _ask(self, downloads: Iterable[Download]) -> None:
        walks = ((one, self._walk(one)) for one in downloads)
        for _, error in drive(walks, self._workers, lanes=self._workers.count):
            if error is not None:
                raise error

    def _walk(self, one: Download) -> Walk:
        """Ask for a clip, unless its credentials were refused before: that may lock the account."""
        service = service_of(one.clip)
        login = (service.base_url, one.clip.username, one.clip.password)
        if login in self._refused:
            one.error = StatusError(
                f"{one.clip} was not asked for: its credentials were refused for "
                f"{self._refused[login].stream}.",
                Cost(),
                status=HTTPStatus.UNAUTHORIZED,
                code=None,
            )
            return

        def enough(beginning: bytes) -> bool:
            one.cut = self._headings and not is_json(beginning)
            return one.cut

        try:
            one.response = yield request_for(one.clip, enough=enough)
        except InterruptedRunError:
            raise
        except TapError as error:
            one.error = error
            if isinstance(error, RequestError):
                one.cost.add(error.cost)
                error.cost = Cost()  # it is counted
            if isinstance(error, StatusError) and error.status == HTTPStatus.UNAUTHORIZED:
                self._refused[login] = one.clip
        else:
            one.error = None
            one.cost.add(one.response.cost)
