"""Other ways to ask, where a service refuses one: tried in their order, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from taps_common.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping

    from taps_common.http.request import Request, Response
    from taps_common.sync.page_checks import PageChecks
    from taps_common.sync.steps import Partition, Scope
    from taps_common.sync.stream import EndpointStream

    Exchange: TypeAlias = Generator[Request, Response, Any]


class Alternatives:
    """Which of a stream's `alternatives` is taken in each scope.

    Args:
        stream: whose they are.
        checks: know whether a partition brought a page yet.
    """

    def __init__(self, stream: EndpointStream, checks: PageChecks) -> None:
        self._stream = stream
        self._checks = checks
        self._taken: dict[tuple[str, ...], int] = {}
        self._at: dict[tuple[tuple[str, str], ...], int] = {}
        self._untold: dict[tuple[str, ...], RequestError] = {}
        self._refused: dict[tuple[object, ...], RequestError] = {}

    def attempts(
        self, scope: Scope, partition: Partition, make: Callable[[Mapping[str, str]], Exchange]
    ) -> Exchange:
        """Yield the requests of an exchange, begun again in another way where one is refused.

        Args:
            scope: what an alternative is taken for.
            partition: what is asked for.
            make: begins the exchange with the options of an alternative.

        Raises:
            RequestError: no way is taken; the first refusal of what is refused in the last one.
        """
        key = tuple(scope.values())
        refusals: dict[frozenset[str], RequestError] = {}
        at = self._next(partition, self._taken.get(key, 0))
        while at is not None:
            self._at[tuple(partition.items())] = at
            try:
                return (yield from make(self._stream.alternatives[at]))
            except RequestError as error:
                first = not self._checks.has_begun(partition)
                blamed = frozenset(self._stream.refused_options(error, partition, first=first))
                at = self._after(blamed, at, key, partition)
                if at is None:  # a quota, or the plan: not what was refused before
                    raise (refusals.get(blamed, error) if blamed else error) from None
                refusals.setdefault(blamed, error)
                if at > self._taken.get(key, 0):
                    self._taken[key], self._untold[key] = at, error
        raise AssertionError("a stream has one way to ask at least")

    def exchange(self, scope: Scope, partition: Partition, request: Request) -> Exchange:
        """Yield a request, unless it was refused before; return the response."""
        if (known := self._refused.get(request.identity)) is not None:
            raise known
        try:
            response = yield request
        except RequestError as error:
            if self._stream.refused_options(error, partition, first=True):
                self._refused[request.identity] = error
            raise
        key = tuple(scope.values())
        is_taken = self._at.get(tuple(partition.items())) == self._taken.get(key)
        if is_taken and (refusal := self._untold.pop(key, None)) is not None:
            options = self._stream.alternatives[self._taken[key]]
            text = self._stream.on_alternative(options, scope, refusal)
            self._stream.tap.say(f"{self._stream.name}: {text}")
        return response

    def _after(
        self, blamed: Collection[str], at: int, key: tuple[str, ...], partition: Partition
    ) -> int | None:
        """Return the next way that differs in what an error may be about."""
        taken = self._taken.get(key, 0)
        if taken > at:  # another partition found it meanwhile
            return self._next(partition, taken)
        ways = self._stream.alternatives
        for number in range(at + 1, len(ways)):
            differs = any(ways[number].get(name) != ways[at].get(name) for name in blamed)
            if differs and self._stream.allows(ways[number], partition):
                return number
        return None

    def _next(self, partition: Partition, at: int) -> int | None:
        """Return the first way from one on that a partition may be asked for in."""
        ways = self._stream.alternatives
        return next(
            (n for n in range(at, len(ways)) if self._stream.allows(ways[n], partition)), at
        )
