"""What can go wrong, in sentences for the person who reads the log at night.

A message names status, reason, path template, request id and what to do. It never holds a query
value, a body, personal data or a secret.
"""

from __future__ import annotations

import errno
import re

OUT_OF_HANDLES = "this process has too many open files: raise their number (ulimit -n)"
"""What a message says where the system gives no handle for a file or a connection."""


def is_out_of_handles(error: BaseException | None) -> bool:
    """Return whether the system had no handle left for a file or a connection."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
            return True
        error = error.__cause__ or error.__context__
    return False


def cleaned(text: str, longest: int = 100) -> str:
    """Return what somebody else wrote as a message may hold it: printable ASCII, and not much."""
    kept = "".join(sign for sign in text[:longest] if sign.isascii() and sign.isprintable())
    return kept.strip()


def without_addresses(error: Exception) -> str:
    """Return the text of a library's error, each address in it replaced."""
    return re.sub(r"\S+://[^\s'\"]+", "(an address)", str(error))


class TapError(Exception):
    """Base of the errors whose text is meant for a person."""


class FatalError(Exception):
    """What ends the whole run at once; its text is meant for a person."""


class SkippedError(TapError):
    """What is left out and no failure: the plan, a role, or something that is gone.

    Attributes:
        whole: whether it holds for the whole scope (the workspace), so that it is no failure even
            if every partition is left out.
        rest: whether the other partitions need not be asked for.
    """

    def __init__(self, message: str, *, whole: bool = False, rest: bool = False) -> None:
        super().__init__(message)
        self.whole = whole
        self.rest = rest


class InterruptedRunError(TapError):
    """The run was asked to stop (SIGTERM, SIGINT)."""


class ShapeError(TapError):
    """A response that is not what the service documents: never a partial page or an empty table."""


class RequestError(TapError):
    """A request that did not bring a usable response, retries included."""


class UnreachableError(RequestError):
    """No usable response came: the server is down, the address is wrong, or the network is.

    Attributes:
        hopeless: whether nothing came at all, or something that will not change.
    """

    def __init__(self, message: str, *, hopeless: bool = True) -> None:
        super().__init__(message)
        self.hopeless = hopeless


class NotReadyError(RequestError):
    """The service is still preparing what was asked for: it will be there later.

    Attributes:
        after: seconds that the service asks to wait, if it names any.
    """

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class QuotaError(RequestError):
    """The service's request quota is used up, and the tap was told not to wait."""


class StatusError(RequestError):
    """The service answered with an error status.

    Attributes:
        status: HTTP status.
        code: the service's own numeric error code, where its answer has one.
    """

    def __init__(self, message: str, *, status: int, code: int | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
