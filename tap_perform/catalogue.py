"""The self-service dataclips by Bentley's own names, and what is documented of their columns.

Sources: help articles KB0026536 (names, descriptions, refresh) and KB0026284 (WBS), and those of
`headings`. Clips of other names are read as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_perform.columns import name_of
from tap_perform.headings import ACTIVITY, USAGE, WBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_perform.headings import Heading


@dataclass(frozen=True)
class Known:
    """What is documented of a clip.

    Attributes:
        name: what Bentley calls it.
        text: what a row is.
        live: whether it is computed when it is asked for; the others are refreshed every 4 hours.
        keys: headings that tell its rows apart within a project.
        headings: the documented columns; no clip is documented in full.
    """

    name: str
    text: str
    live: bool = False
    keys: tuple[str, ...] = ()
    headings: Mapping[str, Heading] = field(default_factory=dict)

    @property
    def types(self) -> dict[str, str]:
        """Type of each documented column that is not text, by heading."""
        return {name: one.type for name, one in self.headings.items() if one.type != "string"}

    @property
    def texts(self) -> tuple[str, ...]:
        """Headings of documented columns that are text."""
        return tuple(name for name, one in self.headings.items() if one.type == "string")


_USAGE = "Time, quantity or equipment use booked by a resource"

CLIPS: dict[str, Known] = {
    "activity_export": Known(
        "Activity Export",
        "An activity of the schedule.",
        keys=("Reference Code",),
        headings=ACTIVITY,
    ),
    "applicable_rates": Known("Applicable Rates", "A rate that applies to a resource now."),
    "attendance_export": Known("Attendance Export", "A start or an end of someone's attendance."),
    "discussion": Known("Discussion", "An entry in the timeline of an activity."),
    "docket_export": Known("Docket Export", "A docket of a supplier."),
    "equipment_item_export": Known("Equipment Item Export", "A piece of equipment."),
    "event_export": Known("Event Export", "An event within an activity."),
    "invoice_export": Known("Invoice Export", "An invoice over dockets."),
    "other_resources_export": Known(
        "Other Resources Export", "A material, or a generic person or piece of equipment."
    ),
    "people_exception_export": Known("People Exception Export", "An exception about a person."),
    "person_export": Known("Person Export", "A person."),
    "purchase_order_export": Known("Purchase Order Export", "A purchase order."),
    "quantity_progress_report": Known("Quantity Progress Report", "A quantity that was reported."),
    "reporting_periods": Known("Reporting Periods", "An interval of the earned value engine."),
    "resource": Known("Resource", "A resource with its UUID."),
    "resource_exception_report": Known(
        "Resource Exception Report", "An exception about a resource."
    ),
    "resource_usage_export": Known("Resource Usage Export", f"{_USAGE}.", headings=USAGE),
    **{
        f"resource_usage_export_last_{days}_days": Known(
            f"Resource Usage Export (Last {days} Days)",
            f"{_USAGE}, live, of the last {days} days.",
            live=True,
            headings=USAGE,
        )
        for days in (10, 20, 60)
    },
    "snapshot_export": Known("Snapshot Export", "Earned value at one time."),
    "supervision_roster_export": Known(
        "Supervision Roster Export", "Who supervises whom, by day or period."
    ),
    "tagged_item_attributes": Known("Tagged Item Attributes", "Attributes of a tagged item."),
    "tagged_item_completions": Known(
        "Tagged Item Completions", "Completion of a gate of a tagged item."
    ),
    "tagged_item_registers_export": Known(
        "Tagged Item Registers Export", "A tagged item in a register, whose columns it defines."
    ),
    "wbs_export": Known(
        "WBS Export", "A node of the work breakdown structure.", keys=("WBS Code",), headings=WBS
    ),
    "work_roster_export": Known("Work Roster Export", "Someone's roster of work."),
}
"""The 27 self-service clips, by stream name."""


def documented_columns(stream: str) -> tuple[str, ...]:
    """Return the headings that Bentley documents of a clip; none where nobody does."""
    known = CLIPS.get(stream)
    return tuple(known.headings) if known else ()


def documented_texts(stream: str) -> dict[str, str]:
    """Return what is documented of a clip's columns, by heading and by the name that it gives."""
    known = CLIPS.get(stream)
    headings = known.headings if known else {}
    return {key: one.text for name, one in headings.items() for key in (name, name_of(name))}


def documented_keys(stream: str) -> list[str]:
    """Return the names of the columns that tell rows of a clip apart; none where nobody says."""
    known = CLIPS.get(stream)
    return [name_of(heading) for heading in known.keys] if known else []
