"""Starting a command: the version is told at once, and garbage is looked for again afterwards."""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.cli.start import importing

if TYPE_CHECKING:
    from taps_common.cli.tap import ApiTap


@pytest.mark.parametrize("tap", [TapClockify, TapClickTime, TapPerform])
def test_the_version_is_what_the_sdk_tells(
    tap: type[ApiTap], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [tap.name, "--version"])
    import_module(f"{tap.name.replace('-', '_')}.__main__").main()
    assert capsys.readouterr().out == CliRunner().invoke(tap.cli, ["--version"]).output


def test_garbage_is_collected_after_importing() -> None:
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_an_early_ctrl_c_ends_the_process_without_a_traceback() -> None:
    """Unless it is ignored, as behind `nohup`."""
    for before, after in (
        (signal.default_int_handler, signal.SIG_DFL),
        (signal.SIG_IGN, signal.SIG_IGN),
    ):
        signal.signal(signal.SIGINT, before)
        with importing():
            assert signal.getsignal(signal.SIGINT) == after
    gc.unfreeze()
