"""The self-service dataclips by Bentley's own names, and what is documented of their columns.

Sources: help articles KB0026536 (names, descriptions, refresh), KB0026465 (activity fields and
types), KB0026406 (resource usage columns), KB0026284 (WBS). Clips of other names are read as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tap_perform.columns import name_of


@dataclass(frozen=True)
class Known:
    """What is documented of a clip.

    Attributes:
        name: what Bentley calls it.
        text: what a row is.
        live: whether it is computed when it is asked for; the others are refreshed every 4 hours.
        keys: headings that tell its rows apart within a project.
        types: type of each documented column that is not text, by heading.
        texts: documented columns that are text.
    """

    name: str
    text: str
    live: bool = False
    keys: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The documented columns, those of the key at least; no clip is documented in full."""
        return (*self.texts, *self.types) or self.keys


_COMPLETE = ("Labour at Complete", "Quantity at Complete", "Cost at Complete")

_ACTIVITY_TYPES = {
    **{
        f"{plan} {what}": "number"
        for plan in ("Original Budget", "Revised Budget", "Current Estimate")
        for what in _COMPLETE
    },
    "Revised Budget Tracked Cost at Complete": "number",
    "Current Estimate Tracked Cost at Complete": "number",
    "Float Days": "number",
    "Start Chainage": "number",
    "End Chainage": "number",
    "Start Chainage Offset": "number",
    "End Chainage Offset": "number",
    **{
        f"{plan} Planned {end}": "date"
        for plan in ("Original", "Revised", "Current")
        for end in ("Start", "Finish")
    },
    **{f"{plan} {end}": "date" for plan in ("Actual", "Expected") for end in ("Start", "Finish")},
    **{
        f"{plan} {when} {end}": "date"
        for plan in ("Revised", "Current")
        for when in ("Early", "Late")
        for end in ("Start", "Finish")
    },
    "Exclude from Mobile Activity List?": "boolean",
    "Bookable for All?": "boolean",
    "Non-Bookable?": "boolean",
}

_ACTIVITY_TEXTS = (
    *("Reference Code", "Activity Name", "WBS Code", "Job Number", "Cost Code", "Cost Code Ref 1"),
    *("Cost Code Ref 2", "Cost Type", "Route Identifier", "Quantity UoM", "Work Category"),
    *("Discipline", "Location", "Earned Value Method"),
    *(f"{plan} {end} Time" for plan in ("Actual", "Expected") for end in ("Start", "Finish")),
)
"""Codes are texts by Bentley's declaration; how times of day are spelled is not documented."""

_USAGE_TYPES = {"Work Date": "date"}

_USAGE_TEXTS = (
    *("Project", "Resource Role", "Work Role Category", "Work Role Category Type", "Company"),
    *("Company Supplier Reference", "Resource Type", "Resource Name"),
    *("Resource Unique Identifier", "Resource Identifier", "Resource External Reference"),
    *("Resource Supervisor", "Resource Tags", "Work Reference Type", "Work Reference Code"),
    *("Work Reference Name", "Work Reference Tags", "Event Type", "Related Activity Code"),
    *("Discipline", "Location", "Work Reference Category", "Job Number"),
)

_USAGE = "Time, quantity or equipment use booked by a resource"

CLIPS: dict[str, Known] = {
    "activity_export": Known(
        "Activity Export",
        "An activity of the schedule.",
        keys=("Reference Code",),
        types=_ACTIVITY_TYPES,
        texts=_ACTIVITY_TEXTS,
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
    "resource_usage_export": Known(
        "Resource Usage Export", f"{_USAGE}.", types=_USAGE_TYPES, texts=_USAGE_TEXTS
    ),
    **{
        f"resource_usage_export_last_{days}_days": Known(
            f"Resource Usage Export (Last {days} Days)",
            f"{_USAGE}, live, of the last {days} days.",
            live=True,
            types=_USAGE_TYPES,
            texts=_USAGE_TEXTS,
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
        "WBS Export", "A node of the work breakdown structure.", keys=("WBS Code",)
    ),
    "work_roster_export": Known("Work Roster Export", "Someone's roster of work."),
}
"""The 27 self-service clips, by stream name."""


def documented_columns(stream: str) -> tuple[str, ...]:
    """Return the headings that Bentley documents of a clip; none where nobody does."""
    known = CLIPS.get(stream)
    return known.columns if known else ()


def documented_keys(stream: str) -> list[str]:
    """Return the names of the columns that tell rows of a clip apart; none where nobody says."""
    known = CLIPS.get(stream)
    return [name_of(heading) for heading in known.keys] if known else []
