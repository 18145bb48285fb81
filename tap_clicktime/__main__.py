"""`python -m tap_clicktime`."""

from tap_clicktime.tap import TapClickTime

TapClickTime.cli()
