"""Starting a command: the version is told at once, and garbage is looked for again afterwards."""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

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


@pytest.mark.parametrize(
    ("before", "within"),
    [(signal.default_int_handler, signal.SIG_DFL), (signal.SIG_IGN, signal.SIG_IGN)],
)
def test_while_importing_no_garbage_is_collected_and_ctrl_c_just_ends(
    before: Any, within: Any
) -> None:
    """Unless it is ignored, as behind `nohup`."""
    signal.signal(signal.SIGINT, before)
    with importing():
        assert not gc.isenabled()
        assert signal.getsignal(signal.SIGINT) == within
    assert gc.isenabled()
    gc.unfreeze()
