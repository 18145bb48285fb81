"""The two workspaces' own rows: what the Enterprise and the Free plan show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clockify.instants import iso
from sandbox.clockify.rows import (
    Currency,
    CustomField,
    Rate,
    Subdomain,
    Workspace,
)
from sandbox.clockify.settings import (
    AutomaticLock,
    EntityCreationPermissions,
    Rounding,
    WorkspaceSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FREE_FEATURES = ["TIME_TRACKING", "ONE_MONTH_RANGE_REPORTS", "FAVORITE_ENTRIES"]

ALL_FEATURES = [
    *("ADD_TIME_FOR_OTHERS", "APPROVAL", "ATTENDANCE_REPORT", "AUDIT_LOG", "AUTOMATIC_LOCK"),
    *("BREAKS", "CLIENT_CURRENCY", "CUSTOM_FIELDS", "CUSTOM_SUBDOMAIN", "EXPENSES"),
    *("FAVORITE_ENTRIES", "INVOICING", "KIOSK", "LABOR_COST", "LIMITED_USERS"),
    *("RECURRING_ESTIMATES", "SCHEDULING", "SHARED_REPORTS", "TASK_RATES", "TIME_OFF"),
    *("TIME_TRACKING", "UNLIMITED_REPORTS", "USER_CUSTOM_FIELDS"),
    "ENHANCED_FORECASTING_2026",  # live accounts carry names the document does not list
]

_STANDARD = [
    *("TIME_TRACKING", "FAVORITE_ENTRIES", "ONE_YEAR_RANGE_REPORTS", "SHARED_REPORTS", "KIOSK"),
    *("TIME_OFF", "INVOICING", "APPROVAL", "ATTENDANCE_REPORT", "TASK_RATES"),
    *("ADD_TIME_FOR_OTHERS", "AUTOMATIC_LOCK", "BREAKS"),
]
_PRO = [
    *_STANDARD,
    *("EXPENSES", "SCHEDULING", "CUSTOM_FIELDS", "USER_CUSTOM_FIELDS", "LABOR_COST"),
    *("CLIENT_CURRENCY", "LIMITED_USERS", "RECURRING_ESTIMATES"),
]
PLANS: dict[str, tuple[str, list[str]]] = {
    "FREE": ("FREE", FREE_FEATURES),
    "STANDARD": ("STANDARD_2021", _STANDARD),
    "PRO": ("PRO_2021", _PRO),
    "ENTERPRISE": ("ENTERPRISE_2021", ALL_FEATURES),
}
"""What the workspace says of itself on each plan: subscription type and features (help pages,
"Subscription plans"; shared reports are for any paid plan since 2026)."""

WORKING_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def enterprise(workspace_id: str, new_id: Callable[[], str], now: int) -> Workspace:
    """Return the main workspace: every feature, two currencies, every optional field filled."""
    everyone = EntityCreationPermissions(
        whoCanCreateProjectsAndClients="ADMINS",
        whoCanCreateTags="EVERYONE",
        whoCanCreateTasks="ADMINS_AND_PROJECT_MANAGERS",
    )
    settings = WorkspaceSettings(
        adminOnlyPages=["TEAM", "REPORTS"],
        automaticLock=AutomaticLock(),
        entityCreationPermissions=everyone,
        lockTimeEntries=iso(now - 60 * 86_400),
        lockTimeZone="Europe/Belgrade",
        round=Rounding("15", "Round to nearest"),
        workingDays=WORKING_DAYS,
    )
    return Workspace(
        id=workspace_id,
        name="Sandbox Builders d.o.o. Ćuprija",
        imageUrl="https://img.example.test/workspace.png",
        cakeOrganizationId=new_id(),
        hourlyRate=Rate(8_000, "EUR"),
        costRate=Rate(4_500, "EUR"),
        memberships=[],
        currencies=[
            Currency(id=new_id(), code="EUR", isDefault=True),
            Currency(id=new_id(), code="USD", isDefault=False),
        ],
        features=ALL_FEATURES,
        featureSubscriptionType="ENTERPRISE_2021",
        subdomain=Subdomain("sandboxbuilders", enabled=True),
        workspaceSettings=settings,
    )


def free(workspace_id: str, new_id: Callable[[], str]) -> Workspace:
    """Return the second workspace: few features, every optional field null."""
    permission = {"value": "EVERYONE"}
    everyone = EntityCreationPermissions(
        whoCanCreateProjectsAndClients=permission,
        whoCanCreateTags=permission,
        whoCanCreateTasks=permission,
    )
    settings = WorkspaceSettings(
        adminOnlyPages=[],
        automaticLock=None,
        entityCreationPermissions=everyone,
        lockTimeEntries=None,
        lockTimeZone=None,
        round=Rounding("15", "Round to nearest"),
        workingDays=WORKING_DAYS,
    )
    return Workspace(
        id=workspace_id,
        name="Side project",
        imageUrl=None,
        cakeOrganizationId=None,
        hourlyRate=None,
        costRate=None,
        memberships=[],
        currencies=[Currency(id=new_id(), code="GBP", isDefault=True)],
        features=FREE_FEATURES,
        featureSubscriptionType="FREE",
        subdomain=None,
        workspaceSettings=settings,
    )


def custom_fields(workspace_id: str, new_id: Callable[[], str]) -> list[CustomField]:
    """Return one field of every type, and one of users."""
    regions = ["North", "South", "East & West"]
    skills = ["a", "b", "c"]
    return [
        CustomField(
            id=new_id(),
            name="Ticket",
            workspaceId=workspace_id,
            type="TXT",
            required=True,
            description="Number of the ticket",
            placeholder="T-0000",
            workspaceDefaultValue="T-0000",
        ),
        CustomField(id=new_id(), name="Distance (km)", workspaceId=workspace_id, type="NUMBER"),
        CustomField(
            id=new_id(),
            name="On site",
            workspaceId=workspace_id,
            type="CHECKBOX",
            workspaceDefaultValue=False,
        ),
        CustomField(
            id=new_id(),
            name="Region",
            workspaceId=workspace_id,
            type="DROPDOWN_SINGLE",
            status="INVISIBLE",
            allowedValues=regions,
        ),
        CustomField(
            id=new_id(),
            name="Skills",
            workspaceId=workspace_id,
            type="DROPDOWN_MULTIPLE",
            allowedValues=skills,
            workspaceDefaultValue=["a"],
        ),
        CustomField(
            id=new_id(),
            name="Link",
            workspaceId=workspace_id,
            type="LINK",
            status="INACTIVE",
            onlyAdminCanEdit=True,
        ),
        CustomField(
            id=new_id(), name="TIN", workspaceId=workspace_id, type="TXT", entityType="USER"
        ),
    ]
