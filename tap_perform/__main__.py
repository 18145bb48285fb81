"""`python -m tap_perform`."""

from tap_perform.tap import TapPerform

TapPerform.cli()
