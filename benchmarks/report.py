"""What stands around the tables: the machine, and the goals."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("timecost-taps", "singer-sdk", "msgspec", "urllib3", "requests", "orjson")


@dataclass(frozen=True)
class Goal:
    """A figure that was promised.

    Attributes:
        text: what it is.
        value: what was measured.
        limit: the promise; None where none was made.
        unit: of both.
        at_most: whether less is better.
    """

    text: str
    value: float
    limit: float | None
    unit: str
    at_most: bool = False

    def __str__(self) -> str:
        if self.limit is None:
            return f"- measured: {self.text}: {self.value:.3g}{self.unit}"
        met = self.value <= self.limit if self.at_most else self.value >= self.limit
        bound = "at most" if self.at_most else "at least"
        return (
            f"- {'met' if met else 'missed'}: {self.text}: {self.value:.3g}{self.unit} "
            f"(goal: {bound} {self.limit:g}{self.unit})"
        )


def machine() -> str:
    """Return what the figures were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores{''.join(_hardware())} ({platform.machine()}, "
        f"{platform.system()} {platform.release()}), Python {platform.python_version()}, {packages}"
    )


def _hardware() -> Iterator[str]:
    """Yield model and memory, where the system says so in the way of Linux."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        lines = told.read_text(encoding="utf-8").splitlines()
        models = {line.partition(": ")[2] for line in lines if line.startswith("model name")}
        yield from (f" of {model}" for model in sorted(models))
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        yield f", {memory / 2**30:.0f} GiB"
