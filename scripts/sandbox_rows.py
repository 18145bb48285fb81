"""Writes the rows of Clockify's sandbox from Clockify's published API description.

`python -m scripts.sandbox_rows DESCRIPTION` writes sandbox/clockify/rows.py; the description
(https://docs.clockify.me/openapi.json) is no part of the project. What it gets wrong stands in
CORRECTIONS, which the tests correct it by as well.
"""

from __future__ import annotations

import copy
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parent.parent / "sandbox" / "clockify" / "rows.py"

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
INTEGER: Schema = {"type": "integer"}
OBJECT: Schema = {"type": "object"}
ANYTHING: Schema = {"type": ["string", "number", "boolean", "array", "object"]}
LIST_OR_TEXT: Schema = {"anyOf": [STRINGS, STRING]}
PERMISSION: Schema = {
    "anyOf": [
        STRING,
        {"type": "object", "properties": {"value": STRING}, "required": ["value"]},
    ]
}
RESET: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("interval", "month", "dayOfWeek"), STRING),
        **dict.fromkeys(("dayOfMonth", "hour"), INTEGER),
    },
}
ENUMS = (
    *("AccountStatus", "CustomFieldType", "FeaturePlan", "TaskStatus", "CalculationType"),
    *("ApplyTaxes", "TaxType", "WebhookEventType", "WebhookEventTriggerSourceType"),
)
"""Strings on the wire; the description shows their Java classes."""

CORRECTIONS: dict[str, Schema] = {
    **dict.fromkeys(ENUMS, STRING),
    "EntityCreationPermission": PERMISSION,
    "EstimateReset": RESET,
    # a list of names, open: live accounts carry names that the description lacks
    "WorkspaceDtoV1.features": STRINGS,
    # lists, which the description types as a string of JSON, or an object
    "WorkspaceSettingsDtoV1.adminOnlyPages": STRINGS,
    "InvoiceOverviewDtoV1.visibleZeroFields": LIST_OR_TEXT,
    "MemberProfileDtoV1.workingDays": LIST_OR_TEXT,
    "SchedulingUsersTotalsDtoV1.workingDays": LIST_OR_TEXT,
    # any JSON value, which the description types as an object
    "CustomFieldValueDtoV1.value": ANYTHING,
    "CustomFieldValueDto.value": ANYTHING,
    "UserCustomFieldValueDtoV1.value": ANYTHING,
    "UserCustomFieldValueFullDtoV1.value": ANYTHING,
    "CustomFieldDtoV1.workspaceDefaultValue": ANYTHING,
    "CustomFieldDefaultValuesDtoV1.value": ANYTHING,
    # on the wire only
    "CustomFieldValueDtoV1.sourceType": STRING,
    "ProjectDtoV1.clientId": STRING,
    "ProjectDtoV1.clientName": STRING,
    "ProjectDtoV1.estimateReset": {"$ref": "#/components/schemas/EstimateReset"},
    "SharedReportDtoV1.filter": OBJECT,
    "SharedReportDtoV1.userId": STRING,
    "SharedReportDtoV1.workspaceId": STRING,
    "LogBinDocumentDto.deletionBinId": STRING,
    # WITHDRAWN is missing in the enum; who sees a shared report is told another way
    "TimeOffRequestStatus.statusType": STRING,
    "SharedReportDtoV1.visibleToUsers": {"type": "array", "items": {}},
    "SharedReportDtoV1.visibleToUserGroups": {"type": "array", "items": {}},
}
"""What is right, by schema or by property of one."""

ROWS = {
    "Workspace": "WorkspaceDtoV1",
    "User": "UserDtoV1",
    "UserGroup": "UserGroupDtoV1",
    "Client": "ClientWithCurrencyDtoV1",
    "Project": "ProjectDtoV1",
    "Task": "TaskDtoV1",
    "Tag": "TagDtoV1",
    "CustomField": "CustomFieldDtoV1",
    "Holiday": "HolidayDtoV1",
    "TimeEntry": "TimeEntryWithRatesDtoV1",
    "ExpenseCategory": "ExpenseCategoryDtoV1",
    "Expense": "ExpenseDtoV1",
    "Invoice": "InvoiceOverviewDtoV1",
    "InvoicePayment": "InvoicePaymentDtoV1",
    "TimeOffPolicy": "PolicyDtoV1",
    "TimeOffRequest": "TimeOffRequestFullV1Dto",
    "TimeOffBalance": "BalanceDtoV1",
    "BalanceAssignment": "BalanceAssignmentV1Dto",
    "Assignment": "AssignmentHydratedDtoV1",
    "Milestone": "MilestoneDto",
    "ApprovalRequest": "ApprovalRequestDtoV1",
    "Webhook": "WebhookDtoV1",
    "SharedReport": "SharedReportDtoV1",
    "AuditLogEntry": "AuditLogDtoV1",
}
"""Our name for a row, and the description's; objects inside are named after their schemas."""

NAMES = {
    "HourlyRateDtoV1": "Rate",
    "DateRange": "Period",
    "DateRangeDto": "Period",
    "CurrencyWithDefaultInfoDtoV1": "Currency",
    "UserRedactedDtoV1": "TeamManager",
}
"""Names of objects inside rows, where they are not the schema's less `Dto` and its version."""

REQUIRED = {
    *("id", "workspaceId", "userId", "targetId", "membershipType", "customFieldId", "timeEntryId"),
    *("name", "policyId", "start", "timeInterval", "dateRange", "timeOffPeriod", "period"),
    *("startDate", "createdAt", "issuedDate", "updatedAt", "date", "code", "amount", "order"),
    *("featureSubscriptionType", "workspaceSettings", "entityCreationPermissions", "datePeriod"),
    *("endDate", "dueDate", "end of Period", "defaultEntities", "status of ApprovalRequest"),
    *("type of CustomField", "action", "timestamp", "projectId of Task", "projectId of Milestone"),
    *("projectId of CustomFieldDefaultValues", "projectId of Assignment"),
}
"""Properties without a default; all others are false, 0, empty or null, or as below."""

SETTINGS = {"WorkspaceSettings": "WORKSPACE_SETTINGS", "UserSettings": "USER_SETTINGS"}
"""Objects that are served as the description's examples, not as types."""

DEFAULTS: dict[str, dict[str, Any]] = yaml.safe_load("""
WorkspaceSubdomain: {name: null}
WorkspaceSettings: {projectLabel: project, taskLabel: task, lockTimeEntries: null,
  lockTimeZone: null}
UserSettings: {timeZone: UTC}
Membership: {membershipStatus: ACTIVE}
User: {name: null, status: ACTIVE}
UserGroup: {teamManagers: null}
TeamManager: {name: null}
Client: {ccEmails: null}
Project: {billable: true, public: true, color: "#03A9F4", duration: PT0S, estimate: {}}
Estimate: {estimate: PT0S, type: AUTO}
TimeEstimate: {active: true, includeNonBillable: true, type: MANUAL}
EstimateWithOptions: {active: true, type: MANUAL}
EstimateReset: {interval: MONTHLY, dayOfMonth: null}
Task: {status: ACTIVE, billable: true, budgetEstimate: null}
CustomField: {entityType: TIMEENTRY, status: VISIBLE}
CustomFieldDefaultValues: {status: VISIBLE}
Holiday: {occursAnnually: true, everyoneIncludingNew: true}
TimeEntry: {tagIds: null, customFieldValues: null, type: REGULAR}
CustomFieldValue: {name: "", type: TXT}
ExpenseCategory: {priceInCents: null}
Expense: {billable: true, quantity: 1.0, total: 1000.0}
Invoice: {number: INV-new, currency: EUR, status: UNSENT, taxType: SIMPLE,
  calculationType: INVOICE_BASED}
InvoiceItem: {itemType: Service, importType: NOT_IMPORTED, applyTaxes: NONE, quantity: 1,
  unitPrice: 100000}
InvoicePayment: {author: Olivera Owner}
TimeOffPolicy: {color: "#8BC34A", timeUnit: DAYS, approve: {},
  everyoneIncludingNew: true}
PolicyApproval: {requiresApproval: true}
AutomaticAccrual: {amount: 20.0, period: YEAR, timeUnit: DAYS}
NegativeBalance: {amount: 2.0, period: MONTH, shouldReset: true, timeUnit: DAYS}
AutomaticTimeEntryCreation: {enabled: true}
TimeOffRequest: {balance: 18.0, balanceDiff: 1.0, status: {}}
TimeOffRequestStatus: {statusType: PENDING}
TimeOffRequestPeriod: {halfDayPeriod: NOT_DEFINED}
TimeOffBalance: {total: 20.0}
BalanceAssignment: {balance: 20.0, accrued: 20.0}
Assignment: {billable: true, hoursPerDay: 7.5}
ApprovalRequest: {type: TIMESHEET}
ApprovalRequestStatus: {state: PENDING}
Webhook: {url: "https://hooks.example.test/new", webhookEvent: NEW_PROJECT, enabled: true,
  triggerSourceType: WORKSPACE_ID, authToken: whsec-new, deliveryEnabled: true, planEnabled: true}
SharedReport: {type: DETAILED, isPublic: true, filter: {}}
""")
"""Other defaults; {} stands for an object of defaults."""

STORED: dict[str, str] = {
    "Expense": "fileName: str | None = None",
    "Invoice": "workspaceId: str; payments: list[InvoicePayment] = []",
    "Assignment": "published: bool = True",
    "ApprovalRequest": "creatorId: str; ownerId: str; entryIds: list[str] = [];"
    " expenseIds: list[str] = []",
}
"""What the sandbox holds besides, to make up what is served."""

COMPUTED: dict[str, str] = {
    "Invoice": "clientName amount balance paid subtotal discountAmount taxAmount tax2Amount"
    " containsImportedTimes containsImportedExpenses",
    "InvoiceItem": "amount",
    "TimeOffRequest": "policyName requesterUserName timeUnit userEmail userName userTimeZone",
    "TimeOffBalance": "balance policyArchived policyName policyTimeUnit userName",
    "Assignment": "clientId clientName projectArchived projectBillable projectColor projectName"
    " taskName userName",
    "ApprovalRequest": "creator owner",
}
"""What is only worked out when a row is served."""

HEAD = '''"""The rows of the API, in its spelling; written by `python -m scripts.sandbox_rows`.

Money is in minor units, durations are ISO 8601, instants are UTC. No key is ever left out.
"""

from __future__ import annotations

import json

from msgspec import Struct, field

Value = None | bool | int | float | str | list[str]


class Row(Struct, kw_only=True, gc=False):
    """Anything with an id."""

    id: str
'''


def corrected(schemas: dict[str, Schema]) -> dict[str, Schema]:
    """Correct the schemas of a description by CORRECTIONS."""
    for place, shape in CORRECTIONS.items():
        name, _, member = place.partition(".")
        own = copy.deepcopy(shape)
        if member:
            schemas[name]["properties"][member] = own
        else:
            schemas[name] = own
    return schemas


def written(schemas: dict[str, Schema]) -> str:
    """Return the module: one class per row and per object inside, inner ones first."""
    classes: dict[str, str] = {}
    for name, schema in ROWS.items():
        _write(name, schema, schemas, classes)
    return "\n\n".join((HEAD, *classes.values(), *_examples(schemas)))


def _examples(schemas: dict[str, Schema]) -> list[str]:
    """Return the settings as JSON."""
    written = []
    for name, constant in SETTINGS.items():
        text = json.dumps(_example(name, f"{name}DtoV1", schemas), separators=(", ", ":"))
        lines = textwrap.fill(text, 99, break_long_words=False, break_on_hyphens=False)
        written.append(f'{constant}: dict[str, object] = json.loads("""\n{lines}\n""")\n')
    return written


def _example(name: str, schema: str, schemas: dict[str, Schema]) -> dict[str, object]:
    given, example = DEFAULTS.get(name, {}), {}
    for member, shape in schemas[schema]["properties"].items():
        inner = shape.get("$ref", "").rsplit("/", 1)[-1]
        if member in given:
            example[member] = given[member]
        elif schemas.get(inner, {}).get("properties"):
            example[member] = _example(inner, inner, schemas)
        else:
            empty = {"array": [], "boolean": False}.get(shape.get("type", ""))
            example[member] = shape.get("example", empty) if empty != [] else []
    return example


def _write(name: str, schema: str, schemas: dict[str, Schema], classes: dict[str, str]) -> None:
    given = DEFAULTS.get(name, {})
    fields: dict[str, str] = {}
    for member, shape in schemas[schema]["properties"].items():
        if member not in COMPUTED.get(name, "").split():
            kind = _kind(shape, schemas, classes)
            default = given.get(member, _default(name, member, kind))
            fields[member] = _declared(kind, default)
    stored = STORED.get(name, "").split("; ") if name in STORED else []
    fields |= dict(one.split(": ", 1) for one in stored)
    base = "Row" if fields.pop("id", None) else "Struct"
    head = f"class {name}({base}, kw_only=True, gc=False):  # {schema}"
    classes[name] = "\n".join([head, *(f"    {one}: {fields[one]}" for one in fields)]) + "\n"


def _kind(shape: Schema, schemas: dict[str, Schema], classes: dict[str, str]) -> str:
    """Return the type of a property; a class that it names is written first."""
    if "$ref" in shape:
        schema = shape["$ref"].rsplit("/", 1)[-1]
        if not schemas[schema].get("properties"):
            return _kind(schemas[schema], schemas, classes)
        name = NAMES.get(schema) or re.sub(r"(DtoV1|Dto)$", "", schema)
        if name not in classes and name not in SETTINGS:
            _write(name, schema, schemas, classes)
        return "dict[str, object]" if name in SETTINGS else name
    if shape == ANYTHING:
        return "Value"
    if "anyOf" in shape:
        return "str | dict[str, str]" if shape == PERMISSION else "list[str]"
    if shape["type"] == "array":
        return f"list[{_kind(shape['items'], schemas, classes) if shape['items'] else 'str'}]"
    plain = {"string": "str", "boolean": "bool", "integer": "int", "number": "float"}
    return plain.get(shape["type"], "dict[str, object]")


def _default(name: str, member: str, kind: str) -> object:
    """Return a property's default by rule; `...` is none at all."""
    if member in REQUIRED or f"{member} of {name}" in REQUIRED:
        return ...
    empty = {"bool": False, "int": 0, "float": 0.0}
    return [] if kind.startswith("list") else empty.get(kind)


def _declared(kind: str, default: object) -> str:
    if default is ...:
        return kind
    if default is None:
        return "Value = None" if kind == "Value" else f"{kind} | None = None"
    if default == {} and not kind.startswith("dict"):
        return f"{kind} = field(default_factory={kind})"
    return f"{kind} = {json.dumps(default) if isinstance(default, str) else repr(default)}"


if __name__ == "__main__":
    published = json.loads(Path(sys.argv[1]).read_text())["components"]["schemas"]
    TARGET.write_text(written(corrected(published)))
