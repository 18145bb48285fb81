"""A local imitation of the services the taps read, over made-up data; for development only."""

from sandbox.run import Sandbox, start

__all__ = ["Sandbox", "start"]
