"""What can go wrong, in sentences for the person who reads the log at night.

A message names status, reason, path template, request id and what to do. It never holds a query
value, a body, personal data or a secret.
"""

from __future__ import annotations

import errno
import re
from enum import Enum
from http import HTTPStatus
from typing import ClassVar

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


class Kind(Enum):
    """What a person has to do about an error; `docs/errors.md` has a section for each.

    The code in a message is the service and the kind (`CLOCKIFY-AUTH`), see `coded`.
    """

    AUTH = "AUTH"
    PLAN = "PLAN"
    SKIPPED = "SKIPPED"
    QUOTA = "QUOTA"
    NETWORK = "NETWORK"
    STALE = "STALE"
    SHAPE = "SHAPE"
    SETTING = "SETTING"
    STATE = "STATE"
    SHRINK = "SHRINK"
    OUTPUT = "OUTPUT"
    PARTIAL = "PARTIAL"
    DIFFERS = "DIFFERS"
    BUG = "BUG"


def coded(tap: str, kind: Kind, text: object) -> str:
    """Return a message with its code, which stays the same when the words change.

    Args:
        tap: name of the tap, such as `tap-clockify`.
        kind: what the message is about.
        text: the message.
    """
    return f"{tap.removeprefix('tap-').upper()}-{kind.value}: {text}"


class SentenceError(Exception):
    """An error whose text is meant for a person.

    Attributes:
        kind: what the person has to do.
    """

    kind: Kind = Kind.SETTING

    def __init__(self, message: str, *, kind: Kind | None = None) -> None:
        super().__init__(message)
        if kind is not None:
            self.kind = kind


class TapError(SentenceError):
    """What is wrong with one thing; about a setting or the catalog, unless it says otherwise."""


class FatalError(SentenceError):
    """What ends the whole run at once."""

    kind = Kind.OUTPUT


class SkippedError(TapError):
    """What is left out and no failure: the plan, a role, or something that is gone.

    Attributes:
        whole: whether it holds for the whole scope (the workspace), so that it is not a failure
            even if every partition is left out.
        rest: whether the other partitions need not be asked for.
    """

    kind = Kind.SKIPPED

    def __init__(self, message: str, *, whole: bool = False, rest: bool = False) -> None:
        super().__init__(message)
        self.whole = whole
        self.rest = rest


class InterruptedRunError(TapError):
    """The run was asked to stop (SIGTERM, SIGINT)."""

    kind = Kind.PARTIAL


class ShapeError(TapError):
    """A response that is not what the service documents: never a partial page or an empty table."""

    kind = Kind.SHAPE


class RequestError(TapError):
    """A request that did not bring a usable response, retries included."""

    kind = Kind.NETWORK


class UnreachableError(RequestError):
    """No usable response came: the server is down, the address is wrong, or the network is.

    Attributes:
        hopeless: whether nothing came at all, or something that will not change.
    """

    def __init__(self, message: str, *, hopeless: bool = True, kind: Kind | None = None) -> None:
        super().__init__(message, kind=kind)
        self.hopeless = hopeless


class NotReadyError(RequestError):
    """The service is still preparing what was asked for: it will be there later.

    Attributes:
        after: seconds that the service asks to wait, if it names any.
    """

    kind = Kind.STALE

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class QuotaError(RequestError):
    """The service's request quota is used up, and the tap was told not to wait.

    Attributes:
        after: seconds until requests are allowed again, if that is known.
    """

    kind = Kind.QUOTA

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class StatusError(RequestError):
    """The service answered with an error status.

    Attributes:
        status: HTTP status.
        code: the service's own numeric error code, where its answer has one.
    """

    kinds: ClassVar[dict[int, Kind]] = {
        HTTPStatus.UNAUTHORIZED: Kind.AUTH,
        HTTPStatus.PAYMENT_REQUIRED: Kind.PLAN,
        HTTPStatus.FORBIDDEN: Kind.PLAN,
        HTTPStatus.NOT_FOUND: Kind.SETTING,
        HTTPStatus.GONE: Kind.SETTING,
    }

    def __init__(self, message: str, *, status: int, code: int | None) -> None:
        moved = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
        super().__init__(message, kind=Kind.SETTING if moved else self.kinds.get(status))
        self.status = status
        self.code = code


class NotAskedError(StatusError):
    """A request that was not sent: others before it failed for a reason that holds for it too.

    Attributes:
        reason: why, in words that are the same for all of them.
    """

    def __init__(self, what: str, reason: str, *, status: int) -> None:
        super().__init__(f"{what} was not asked for: {reason}.", status=status, code=None)
        self.reason = reason
