"""What each clip holds: how its table is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform import activities, commerce, registers, resources, rosters, usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.perform.site import Site
    from sandbox.perform.tables import Table

BUILDERS: dict[str, Callable[[Site], Table]] = {
    "activity_export": activities.activities,
    "applicable_rates": resources.rates,
    "attendance_export": rosters.attendance,
    "discussion": activities.discussion,
    "docket_export": commerce.dockets,
    "equipment_item_export": resources.equipment,
    "event_export": activities.events,
    "invoice_export": commerce.invoices,
    "other_resources_export": resources.others,
    "people_exception_export": resources.people_exceptions,
    "person_export": resources.persons,
    "purchase_order_export": commerce.purchase_orders,
    "quantity_progress_report": activities.progress,
    "reporting_periods": activities.periods,
    "resource": resources.resources,
    "resource_exception_report": resources.resource_exceptions,
    "resource_usage_export": usage.usages,
    "snapshot_export": activities.snapshots,
    "supervision_roster_export": rosters.supervision,
    "tagged_item_attributes": registers.attributes,
    "tagged_item_completions": registers.completions,
    "tagged_item_registers_export": registers.registers,
    "wbs_export": activities.wbs,
    "work_roster_export": rosters.work_roster,
    "custom_cost_report": commerce.cost_report,
}
"""By slug; the three windows are cut out of the full usage export."""
