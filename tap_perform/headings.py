"""What Bentley documents of the columns of clips, by heading.

Sources: help articles KB0026465 (fields of activities, with types), KB0026406 (fields of resource
usages, with meanings), KB0026537 (glossary) and KB0026469 (activities and events). Of many fields
there is a heading alone; what cannot be seen in it is not said here.
"""

from __future__ import annotations

from typing import NamedTuple


class Heading(NamedTuple):
    """A documented column.

    Attributes:
        text: what its cells are.
        type: what they are read as, one of `cells.TYPES`.
    """

    text: str
    type: str = "string"


_UNKNOWN = "Unit: not documented."
_QUANTITY = "Unit: that of quantity_uom."
_COST = "Unit: the project's unit of cost, not always money."
_PLANNED = "Empty: where the plan has none."
_TIME = "Its zone and spelling are not documented. Empty: where it was not entered."
_ACTIVITY = "Joins: activity_export.reference_code."
_OF_EVENTS = "Empty: where work_reference_type is Activity."
_OF_PEOPLE = "Empty: for equipment and other resources."

ACTIVITY = {
    "Reference Code": Heading("identifies the activity within its project."),
    "Activity Name": Heading("what the activity is called."),
    "WBS Code": Heading(
        "the node of the work breakdown structure that the activity is in. "
        "Joins: wbs_export.wbs_code."
    ),
    "Job Number": Heading("number of the job, as a text."),
    "Cost Code": Heading("cost code of the activity, as a text."),
    "Cost Code Ref 1": Heading("first reference of the cost code, as a text."),
    "Cost Code Ref 2": Heading("second reference of the cost code, as a text."),
    "Cost Type": Heading("type of cost; its values are not documented."),
    "Route Identifier": Heading("identifies a route."),
    "Quantity UoM": Heading("unit in which the activity's quantities are measured."),
    "Work Category": Heading("category of work, by which activities are grouped. Example: Scope."),
    "Discipline": Heading("discipline, by which activities are grouped."),
    "Location": Heading("location, by which activities are grouped."),
    "Earned Value Method": Heading(
        "how progress is measured: percentage, quantity_progress, tagged_item_labour or "
        "tagged_item_quantity."
    ),
    "Original Budget Labour at Complete": Heading(
        f"labour for all of the activity by the original budget. {_UNKNOWN}", "number"
    ),
    "Original Budget Quantity at Complete": Heading(
        f"quantity for all of the activity by the original budget. {_QUANTITY}", "number"
    ),
    "Original Budget Cost at Complete": Heading(
        f"cost of all of the activity by the original budget. {_COST}", "number"
    ),
    "Revised Budget Labour at Complete": Heading(
        f"labour for all of the activity by the revised budget. {_UNKNOWN}", "number"
    ),
    "Revised Budget Quantity at Complete": Heading(
        f"quantity for all of the activity by the revised budget. {_QUANTITY}", "number"
    ),
    "Revised Budget Cost at Complete": Heading(
        "cost of all of the activity by the revised budget; the earned cost is this times the "
        f"percentage complete. {_COST}",
        "number",
    ),
    "Current Estimate Labour at Complete": Heading(
        f"labour for all of the activity by the current estimate. {_UNKNOWN}", "number"
    ),
    "Current Estimate Quantity at Complete": Heading(
        f"quantity for all of the activity by the current estimate. {_QUANTITY}", "number"
    ),
    "Current Estimate Cost at Complete": Heading(
        f"cost of all of the activity by the current estimate. {_COST}", "number"
    ),
    "Revised Budget Tracked Cost at Complete": Heading(
        f"tracked cost of all of the activity by the revised budget. {_COST}", "number"
    ),
    "Current Estimate Tracked Cost at Complete": Heading(
        f"tracked cost of all of the activity by the current estimate. {_COST}", "number"
    ),
    "Float Days": Heading("days by which the activity can slip. Unit: days.", "number"),
    "Start Chainage": Heading(f"chainage at which the activity starts. {_UNKNOWN}", "number"),
    "End Chainage": Heading(f"chainage at which the activity ends. {_UNKNOWN}", "number"),
    "Start Chainage Offset": Heading(f"offset at the start chainage. {_UNKNOWN}", "number"),
    "End Chainage Offset": Heading(f"offset at the end chainage. {_UNKNOWN}", "number"),
    "Original Planned Start": Heading(f"first day by the original plan. {_PLANNED}", "date"),
    "Original Planned Finish": Heading(f"last day by the original plan. {_PLANNED}", "date"),
    "Revised Planned Start": Heading(f"first day by the revised plan. {_PLANNED}", "date"),
    "Revised Planned Finish": Heading(f"last day by the revised plan. {_PLANNED}", "date"),
    "Current Planned Start": Heading("first day by the current plan.", "date"),
    "Current Planned Finish": Heading("last day by the current plan.", "date"),
    "Actual Start": Heading("day on which work started. Empty: before that.", "date"),
    "Actual Start Time": Heading(f"time of day of actual_start, as a text. {_TIME}"),
    "Actual Finish": Heading("day on which work was finished. Empty: before that.", "date"),
    "Actual Finish Time": Heading(f"time of day of actual_finish, as a text. {_TIME}"),
    "Expected Start": Heading(
        "day on which work is expected to start. Empty: where it was not entered.", "date"
    ),
    "Expected Start Time": Heading(f"time of day of expected_start, as a text. {_TIME}"),
    "Expected Finish": Heading(
        "day on which work is expected to be finished. Empty: where it was not entered.", "date"
    ),
    "Expected Finish Time": Heading(f"time of day of expected_finish, as a text. {_TIME}"),
    "Revised Early Start": Heading(f"earliest first day by the revised plan. {_PLANNED}", "date"),
    "Revised Early Finish": Heading(f"earliest last day by the revised plan. {_PLANNED}", "date"),
    "Revised Late Start": Heading(f"latest first day by the revised plan. {_PLANNED}", "date"),
    "Revised Late Finish": Heading(f"latest last day by the revised plan. {_PLANNED}", "date"),
    "Current Early Start": Heading(f"earliest first day by the current plan. {_PLANNED}", "date"),
    "Current Early Finish": Heading(f"earliest last day by the current plan. {_PLANNED}", "date"),
    "Current Late Start": Heading(f"latest first day by the current plan. {_PLANNED}", "date"),
    "Current Late Finish": Heading(f"latest last day by the current plan. {_PLANNED}", "date"),
    "Exclude from Mobile Activity List?": Heading(
        "whether the list of activities on mobile devices leaves the activity out.", "boolean"
    ),
    "Bookable for All?": Heading("whether everyone can book on the activity.", "boolean"),
    "Non-Bookable?": Heading("whether nobody can book on the activity.", "boolean"),
}
"""Of an activity. Codes are texts by Bentley's declaration: zeros at their start stay."""

USAGE = {
    "Project": Heading("name of the project, as Perform has it."),
    "Work Date": Heading("day of the work that was recorded.", "date"),
    "Resource Role": Heading(
        "what the resource is assigned as: the work role of a person, the type of anything else."
    ),
    "Work Role Category": Heading(f"category of a person's work role. {_OF_PEOPLE}"),
    "Work Role Category Type": Heading(f"type of that category. {_OF_PEOPLE}"),
    "Company": Heading("name of the company by which the resource is assigned."),
    "Company Supplier Reference": Heading("identifies the company."),
    "Resource Type": Heading("what the resource is: People, Equipment or Other Resource."),
    "Resource Name": Heading(
        "name of the resource. People may share one, and how it is written is a setting of the "
        "project."
    ),
    "Resource Unique Identifier": Heading(f"identifies the person. {_OF_PEOPLE}"),
    "Resource Identifier": Heading("an identifier of the resource, of whatever type it is."),
    "Resource External Reference": Heading(
        "another identifier of the resource; of which system is not documented."
    ),
    "Resource Supervisor": Heading("name of the supervisor, by the supervision roster."),
    "Resource Tags": Heading(
        "tags of the resource in one text; what separates them is not documented."
    ),
    "Work Reference Type": Heading("what the usage was recorded on: Activity or Event."),
    "Work Reference Code": Heading(
        f"identifies the activity or the event; only an activity's code joins. {_ACTIVITY}"
    ),
    "Work Reference Name": Heading("name of the activity or the event."),
    "Work Reference Tags": Heading(
        "tags of the activity or the event in one text; what separates them is not documented."
    ),
    "Event Type": Heading(f"type of the event. {_OF_EVENTS}"),
    "Related Activity Code": Heading(
        f"the activity that the event is of. {_OF_EVENTS} {_ACTIVITY}"
    ),
    "Discipline": Heading("discipline of the activity, or of the event's activity."),
    "Location": Heading("location of the activity, or of the event's activity."),
    "Work Reference Category": Heading("category of the activity, or of the event's activity."),
    "Job Number": Heading("number of the job of the activity or the event, as a text."),
}
"""Of a usage of a resource. The article's list goes on where no copy of it could be read."""

WBS = {"WBS Code": Heading("identifies the node of the work breakdown structure.")}
"""Of a node of the work breakdown structure."""
