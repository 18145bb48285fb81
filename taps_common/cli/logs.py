"""What a command's log may hold: sentences of the tap and of the SDK (NO-BODY-IN-ERRORS).

Libraries quote addresses, settings and rows in what they log and raise, so their texts are replaced
before any handler sees them, whichever handlers a logging configuration has.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from taps_common.errors import Kind, coded
from taps_common.sdk import AT_EACH_START

if TYPE_CHECKING:
    from types import TracebackType

_OURS = ("tap-", "singer_sdk", "py.warnings")
"""How loggers are named whose texts are written."""

_FOR_MACHINES = ("singer_sdk.metrics", "singer_sdk.configuration._dict_config")
"""Loggers of the SDK that say at INFO what only a program reads: it is asked for at level DEBUG and
comes as JSON lines where Meltano has `structured-logging`."""

_TEXT_LEFT_OUT = "said something in %s, line %s; its text is left out, as it may quote data"

_UNEXPECTED = (
    "Unexpected error: {}. Its text is left out, as it may quote data. Please report this line."
)


def keep_discreet(logger: logging.Logger) -> None:
    """Have this process log nothing that may quote data, and unexpected errors by `logger`."""

    def say(_: object, error: BaseException | None, traceback: TracebackType | None) -> None:
        if error is not None:
            text = _UNEXPECTED.format(trail_of(error, traceback))
            logger.critical("%s", coded(logger.name, Kind.BUG, text))

    logger.addFilter(lambda record: record.msg not in AT_EACH_START)
    for name in _FOR_MACHINES:
        logging.getLogger(name).addFilter(_is_asked_for)
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # or logging itself would quote what it cannot write
    warnings.formatwarning = _warning
    sys.excepthook = say
    threading.excepthook = lambda args: say(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: say(args.exc_type, args.exc_value, args.exc_traceback)


def trail_of(error: BaseException, traceback: TracebackType | None) -> str:
    """Return the kind of an error, the lines that it came through, innermost first, and its causes.

    Nothing of its text.
    """
    frames = [f"{_place(one.filename)}:{one.lineno}" for one in extract_tb(traceback)[::-1]]
    trail = f"{type(error).__name__} ({' < '.join(frames)})"
    cause = error.__cause__ or error.__context__
    return f"{trail}, after {trail_of(cause, cause.__traceback__)}" if cause else trail


def _record(
    name: str,
    level: int,
    path: str,
    line: int,
    text: object,
    values: Any,  # noqa: ANN401 - logging's own, as what follows
    error: Any,  # noqa: ANN401
    *rest: Any,  # noqa: ANN401
    **more: Any,  # noqa: ANN401
) -> logging.LogRecord:
    """Make a record as `logging` does, without what may quote data."""
    if not name.startswith(_OURS) or (name.startswith("singer_sdk") and level < logging.INFO):
        text, values = _TEXT_LEFT_OUT, (_place(path), line)
    elif error and error[1]:
        text, values = f"{text} [%s]", (*values, trail_of(error[1], error[2]))
    return logging.LogRecord(name, level, path, line, text, values, None, *rest, **more)


def _is_asked_for(record: logging.LogRecord) -> bool:
    """Return whether a line of one of these loggers is for a person, or asked for."""
    return record.levelno != logging.INFO or logging.getLogger().isEnabledFor(logging.DEBUG)


def _warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,  # noqa: ARG001 - Python's own
) -> str:
    """Return what is said of a warning; its text only where its kind speaks of code alone."""
    about_code = issubclass(category, DeprecationWarning | FutureWarning)
    text = str(message) if about_code else "its text is left out, as it may quote data"
    return f"{_place(filename)}:{lineno}: {category.__name__}: {text}\n"


def _place(path: str) -> str:
    """Return a file with its folder, which is enough to find it."""
    return "/".join(Path(path).parts[-2:])
