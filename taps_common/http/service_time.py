"""What time it is where the service is: by the `Date` header of its responses (THEIR-CLOCK)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from taps_common.timestamps import from_header

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from taps_common.clock import Clock

WORTH_SAYING = timedelta(minutes=1)
"""By how much the clocks differ at least where that is said."""


class ServiceTime:
    """The service's clock, as its responses tell it.

    Several servers may answer, whose clocks differ, and a cache in between: the earliest of what
    they say holds, since what is read up to a time too late is lost, and what is read up to a time
    too early comes with the next run. Between responses it goes on by our monotonic clock, so that
    ours may be set meanwhile.

    Args:
        clock: our own clock, which holds until a response says more.
        logger: takes the line about a difference.
    """

    def __init__(self, clock: Clock, logger: logging.Logger) -> None:
        self._clock = clock
        self._logger = logger
        self._zero: datetime | None = None  # what the service's clock said at our second 0
        self._said = False
        self._lock = threading.Lock()

    def note(self, headers: Mapping[str, str]) -> None:
        """Note what a response says, which has just come."""
        told = from_header(headers.get("Date", ""))
        if told is None:
            return
        try:
            zero = told.astimezone(timezone.utc) - timedelta(seconds=self._clock.monotonic())
        except OverflowError:
            return
        with self._lock:
            self._zero = min(zero, self._zero or zero)

    def now(self) -> datetime:
        """Return the present; say once if our clock differs by more than a minute."""
        ours = self._clock.now()
        if self._zero is None:
            return ours
        theirs = self._zero + timedelta(seconds=self._clock.monotonic())
        if abs(theirs - ours) > WORTH_SAYING and not self._said:
            self._said = True
            self._logger.warning(
                "The clock of this machine is %.0f minutes %s that of the service, which is the "
                "one that counts: set this machine's clock.",
                *(
                    abs(theirs - ours) / timedelta(minutes=1),
                    "ahead of" if ours > theirs else "behind",
                ),
            )
        return theirs
