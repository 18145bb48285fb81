"""Starting a command, before anything is imported that takes long."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SELDOM = (100_000, 20, 100)
"""When garbage is looked for: rows hold no cycles, and looking through their lists as often as
Python does by itself took a tenth of the time."""


def run(target: str) -> None:
    """Run a tap's command.

    Args:
        target: module and class of the tap, such as `tap_clockify.tap:TapClockify`.
    """
    module, _, kind = target.partition(":")
    if tells_version(module.partition(".")[0].replace("_", "-")):
        return
    with importing():
        tap = getattr(import_module(module), kind)  # half a second
    tap.cli()


def tells_version(name: str) -> bool:
    """Print a tap's version if that is all that was asked for, as the SDK prints it."""
    if sys.argv[1:] != ["--version"]:
        return False
    print(f"{name} v{version('timecost-taps')}, Meltano SDK v{version('singer-sdk')}")  # noqa: T201 - as the SDK's
    return True


@contextmanager
def importing() -> Iterator[None]:
    """Import within a block; what is imported stays, so it is never searched for garbage.

    Until the tap takes signals, Ctrl-C ends the process without a traceback, unless it is ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*SELDOM)
        gc.enable()
