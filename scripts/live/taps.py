"""The taps, their questions, and what shows that a key is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.live import clicktime, clockify, perform
from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scripts.live.wire import Probe
    from taps_common.cli.tap import ApiTap


class Live(NamedTuple):
    """A tap.

    Attributes:
        tap: its class.
        asked: what knows the account while questions are asked.
        probe: what asks its service.
        questions: by their names, as the docs name them.
        secrets: returns what must not be on its page.
        keys: variables of which one shows that an account is meant.
    """

    tap: type[ApiTap]
    asked: type[ApiTap]
    probe: type[Probe]
    questions: Mapping[str, Callable[[Any], Iterator[str]]]
    secrets: Callable[[Any], list[str]]
    keys: tuple[str, ...]


TAPS: Mapping[str, Live] = {
    "clockify": Live(
        TapClockify,
        TapClockify,
        clockify.Clockify,
        clockify.QUESTIONS,
        clockify.secrets,
        ("TAP_CLOCKIFY_API_KEY", "TAP_CLOCKIFY_ADDON_TOKEN"),
    ),
    "clicktime": Live(
        TapClickTime,
        TapClickTime,
        clicktime.ClickTime,
        clicktime.QUESTIONS,
        clicktime.secrets,
        ("TAP_CLICKTIME_API_TOKEN",),
    ),
    "perform": Live(
        TapPerform,
        perform.Undiscovered,
        perform.Perform,
        perform.QUESTIONS,
        perform.secrets,
        ("TAP_PERFORM_PROJECTS",),
    ),
}
