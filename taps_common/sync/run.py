"""What all streams of a run share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from datetime import datetime

    from taps_common.clock import Clock
    from taps_common.http.session import Session
    from taps_common.records.batch_files import Storage
    from taps_common.sdk import SdkTap
    from taps_common.sync.checkpoints import Checkpoints
    from taps_common.sync.completed_windows import CompletedWindows
    from taps_common.sync.concurrency import Workers
    from taps_common.sync.progress import Reporter


@dataclass
class Run:
    """What all streams of a run share.

    Attributes:
        tap: whose streams they are: its settings, its state, where messages go.
        clock: where "now" comes from.
        session: what requests go through.
        workers: the threads that send them.
        checkpoints: writes STATE messages.
        side_by_side: partitions that are open at once.
        start: `start_date` of the settings.
        end: `end_date` of the settings, exclusive.
        storage: where rows go if they go into files.
        logger: takes the lines about what happens.
        reporter: says how far the run is.
        windows: takes the windows that were read completely, if their table is selected.
    """

    tap: SdkTap
    clock: Clock
    session: Session
    workers: Workers
    checkpoints: Checkpoints
    side_by_side: int
    start: datetime | None
    end: datetime | None
    storage: Storage | None
    logger: logging.Logger
    reporter: Reporter
    windows: CompletedWindows | None = None
