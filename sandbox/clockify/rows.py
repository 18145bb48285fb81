"""The rows of the API, in its spelling; written by `python -m scripts.sandbox_rows`.

Money is in minor units, durations are ISO 8601, instants are UTC. No key is ever left out.
"""

from __future__ import annotations

import json

from msgspec import Struct, field

Value = None | bool | int | float | str | list[str]


class Row(Struct, kw_only=True, gc=False):
    """Anything with an id."""

    id: str


class Rate(Struct, kw_only=True, gc=False):  # RateDtoV1
    amount: int
    currency: str | None = None


class Currency(Row, kw_only=True, gc=False):  # CurrencyWithDefaultInfoDtoV1
    code: str
    isDefault: bool = False


class Membership(Struct, kw_only=True, gc=False):  # MembershipDtoV1
    costRate: Rate | None = None
    hourlyRate: Rate | None = None
    membershipStatus: str = "ACTIVE"
    membershipType: str
    targetId: str
    userId: str


class WorkspaceSubdomain(Struct, kw_only=True, gc=False):  # WorkspaceSubdomainDtoV1
    enabled: bool = False
    name: str | None = None


class Workspace(Row, kw_only=True, gc=False):  # WorkspaceDtoV1
    cakeOrganizationId: str | None = None
    costRate: Rate | None = None
    currencies: list[Currency] = []
    featureSubscriptionType: str
    features: list[str] = []
    hourlyRate: Rate | None = None
    imageUrl: str | None = None
    memberships: list[Membership] = []
    name: str
    subdomain: WorkspaceSubdomain | None = None
    workspaceSettings: dict[str, object]


class UserCustomFieldValue(Struct, kw_only=True, gc=False):  # UserCustomFieldValueDtoV1
    customFieldId: str
    customFieldName: str | None = None
    customFieldType: str | None = None
    userId: str
    value: Value = None


class User(Row, kw_only=True, gc=False):  # UserDtoV1
    activeWorkspace: str | None = None
    customFields: list[UserCustomFieldValue] = []
    defaultWorkspace: str | None = None
    email: str | None = None
    memberships: list[Membership] = []
    name: str | None = None
    profilePicture: str | None = None
    settings: dict[str, object] | None = None
    status: str = "ACTIVE"


class TeamManager(Row, kw_only=True, gc=False):  # UserRedactedDtoV1
    name: str | None = None


class UserGroup(Row, kw_only=True, gc=False):  # UserGroupDtoV1
    name: str
    teamManagers: list[TeamManager] | None = None
    userIds: list[str] = []
    workspaceId: str


class Client(Row, kw_only=True, gc=False):  # ClientWithCurrencyDtoV1
    address: str | None = None
    archived: bool = False
    ccEmails: list[str] | None = None
    currencyCode: str | None = None
    currencyId: str | None = None
    email: str | None = None
    name: str
    note: str | None = None
    workspaceId: str


class EstimateWithOptions(Struct, kw_only=True, gc=False):  # EstimateWithOptionsDto
    active: bool = True
    estimate: int = 0
    includeExpenses: bool = False
    resetOption: str | None = None
    type: str = "MANUAL"


class Estimate(Struct, kw_only=True, gc=False):  # EstimateDtoV1
    estimate: str = "PT0S"
    type: str = "AUTO"


class TimeEstimate(Struct, kw_only=True, gc=False):  # TimeEstimateDto
    active: bool = True
    estimate: str | None = None
    includeNonBillable: bool = True
    resetOption: str | None = None
    type: str = "MANUAL"


class EstimateReset(Struct, kw_only=True, gc=False):  # EstimateReset
    interval: str = "MONTHLY"
    month: str | None = None
    dayOfWeek: str | None = None
    dayOfMonth: int | None = None
    hour: int = 0


class Project(Row, kw_only=True, gc=False):  # ProjectDtoV1
    archived: bool = False
    billable: bool = True
    budgetEstimate: EstimateWithOptions | None = None
    color: str = "#03A9F4"
    costRate: Rate | None = None
    duration: str = "PT0S"
    estimate: Estimate = field(default_factory=Estimate)
    hourlyRate: Rate | None = None
    memberships: list[Membership] = []
    name: str
    note: str | None = None
    public: bool = True
    template: bool = False
    timeEstimate: TimeEstimate | None = None
    workspaceId: str
    clientId: str | None = None
    clientName: str | None = None
    estimateReset: EstimateReset | None = None


class Task(Row, kw_only=True, gc=False):  # TaskDtoV1
    assigneeId: str | None = None
    assigneeIds: list[str] = []
    billable: bool = True
    budgetEstimate: int | None = None
    costRate: Rate | None = None
    duration: str | None = None
    estimate: str | None = None
    hourlyRate: Rate | None = None
    name: str
    projectId: str
    status: str = "ACTIVE"
    userGroupIds: list[str] = []


class Tag(Row, kw_only=True, gc=False):  # TagDtoV1
    archived: bool = False
    name: str
    workspaceId: str


class CustomFieldDefaultValues(Struct, kw_only=True, gc=False):  # CustomFieldDefaultValuesDtoV1
    projectId: str
    status: str = "VISIBLE"
    value: Value = None


class CustomField(Row, kw_only=True, gc=False):  # CustomFieldDtoV1
    allowedValues: list[str] = []
    description: str | None = None
    entityType: str = "TIMEENTRY"
    name: str
    onlyAdminCanEdit: bool = False
    placeholder: str | None = None
    projectDefaultValues: list[CustomFieldDefaultValues] = []
    required: bool = False
    status: str = "VISIBLE"
    type: str
    workspaceDefaultValue: Value = None
    workspaceId: str


class DatePeriod(Struct, kw_only=True, gc=False):  # DatePeriod
    endDate: str
    startDate: str


class Holiday(Row, kw_only=True, gc=False):  # HolidayDtoV1
    automaticTimeEntryCreation: bool = False
    datePeriod: DatePeriod
    everyoneIncludingNew: bool = True
    name: str
    occursAnnually: bool = True
    projectId: str | None = None
    taskId: str | None = None
    userGroupIds: list[str] = []
    userIds: list[str] = []
    workspaceId: str


class CustomFieldValue(Struct, kw_only=True, gc=False):  # CustomFieldValueDtoV1
    customFieldId: str
    name: str = ""
    timeEntryId: str
    type: str = "TXT"
    value: Value = None
    sourceType: str | None = None


class TimeInterval(Struct, kw_only=True, gc=False):  # TimeIntervalDtoV1
    duration: str | None = None
    end: str | None = None
    start: str


class TimeEntry(Row, kw_only=True, gc=False):  # TimeEntryWithRatesDtoV1
    billable: bool = False
    costRate: Rate | None = None
    customFieldValues: list[CustomFieldValue] | None = None
    description: str | None = None
    hourlyRate: Rate | None = None
    isLocked: bool = False
    kioskId: str | None = None
    projectId: str | None = None
    tagIds: list[str] | None = None
    taskId: str | None = None
    timeInterval: TimeInterval
    type: str = "REGULAR"
    userId: str
    workspaceId: str


class ExpenseCategory(Row, kw_only=True, gc=False):  # ExpenseCategoryDtoV1
    archived: bool = False
    hasUnitPrice: bool = False
    name: str
    priceInCents: int | None = None
    unit: str | None = None
    workspaceId: str


class Expense(Row, kw_only=True, gc=False):  # ExpenseDtoV1
    billable: bool = True
    categoryId: str | None = None
    date: str
    fileId: str | None = None
    isLocked: bool = False
    locked: bool = False
    notes: str | None = None
    projectId: str | None = None
    quantity: float = 1.0
    taskId: str | None = None
    total: float = 1000.0
    userId: str
    workspaceId: str
    fileName: str | None = None


class InvoiceItem(Struct, kw_only=True, gc=False):  # InvoiceItemDto
    applyTaxes: str = "NONE"
    description: str | None = None
    expenseIds: list[str] = []
    importType: str = "NOT_IMPORTED"
    itemType: str = "Service"
    order: int
    quantity: int = 1
    timeEntryIds: list[str] = []
    unitPrice: int = 100000


class Invoice(Row, kw_only=True, gc=False):  # InvoiceOverviewDtoV1
    billFrom: str | None = None
    calculationType: str = "INVOICE_BASED"
    clientAddress: str | None = None
    clientId: str | None = None
    companyId: str | None = None
    currency: str = "EUR"
    discount: float = 0.0
    dueDate: str
    issuedDate: str
    items: list[InvoiceItem] = []
    note: str | None = None
    number: str = "INV-new"
    status: str = "UNSENT"
    subject: str | None = None
    tax: float = 0.0
    tax2: float = 0.0
    taxType: str = "SIMPLE"
    userId: str
    visibleZeroFields: list[str] = []
    workspaceId: str
    payments: list[InvoicePayment] = []


class InvoicePayment(Row, kw_only=True, gc=False):  # InvoicePaymentDtoV1
    amount: int
    author: str = "Olivera Owner"
    date: str
    note: str | None = None


class PolicyApproval(Struct, kw_only=True, gc=False):  # PolicyApprovalDto
    requiresApproval: bool = True
    specificMembers: bool = False
    teamManagers: bool = False
    userIds: list[str] = []


class AutomaticAccrual(Struct, kw_only=True, gc=False):  # AutomaticAccrualDto
    amount: float = 20.0
    period: str = "YEAR"
    timeUnit: str = "DAYS"


class DefaultEntities(Struct, kw_only=True, gc=False):  # DefaultEntitiesDto
    projectId: str | None = None
    taskId: str | None = None


class AutomaticTimeEntryCreation(Struct, kw_only=True, gc=False):  # AutomaticTimeEntryCreationDto
    defaultEntities: DefaultEntities
    enabled: bool = True


class NegativeBalance(Struct, kw_only=True, gc=False):  # NegativeBalanceDto
    amount: float = 2.0
    period: str = "MONTH"
    shouldReset: bool = True
    timeUnit: str = "DAYS"


class TimeOffPolicy(Row, kw_only=True, gc=False):  # PolicyDtoV1
    allowHalfDay: bool = False
    allowNegativeBalance: bool = False
    approve: PolicyApproval = field(default_factory=PolicyApproval)
    archived: bool = False
    automaticAccrual: AutomaticAccrual | None = None
    automaticTimeEntryCreation: AutomaticTimeEntryCreation | None = None
    color: str = "#8BC34A"
    everyoneIncludingNew: bool = True
    icon: str | None = None
    name: str
    negativeBalance: NegativeBalance | None = None
    projectId: str | None = None
    timeUnit: str = "DAYS"
    userGroupIds: list[str] = []
    userIds: list[str] = []
    workspaceId: str


class TimeOffRequestStatus(Struct, kw_only=True, gc=False):  # TimeOffRequestStatus
    changedAt: str | None = None
    changedByUserId: str | None = None
    changedByUserName: str | None = None
    changedForUserName: str | None = None
    note: str | None = None
    statusType: str = "PENDING"


class Period(Struct, kw_only=True, gc=False):  # Period
    end: str
    start: str


class TimeOffRequestPeriod(Struct, kw_only=True, gc=False):  # TimeOffRequestPeriodDto
    halfDay: bool = False
    halfDayHours: Period | None = None
    halfDayPeriod: str = "NOT_DEFINED"
    period: Period


class TimeOffRequest(Row, kw_only=True, gc=False):  # TimeOffRequestFullV1Dto
    balance: float = 18.0
    balanceDiff: float = 1.0
    createdAt: str
    note: str | None = None
    policyId: str
    requesterUserId: str | None = None
    status: TimeOffRequestStatus = field(default_factory=TimeOffRequestStatus)
    timeOffPeriod: TimeOffRequestPeriod
    userId: str
    workspaceId: str


class TimeOffBalance(Row, kw_only=True, gc=False):  # BalanceDtoV1
    negativeBalanceAmount: float = 0.0
    negativeBalanceLimit: bool = False
    negativeBalanceUsed: float = 0.0
    policyId: str
    total: float = 20.0
    used: float = 0.0
    userId: str
    workspaceId: str


class BalanceAssignment(Row, kw_only=True, gc=False):  # BalanceAssignmentV1Dto
    accrued: float = 20.0
    balance: float = 20.0
    dateRange: Period
    policyId: str
    userId: str
    workspaceId: str


class Assignment(Row, kw_only=True, gc=False):  # AssignmentHydratedDtoV1
    billable: bool = True
    hoursPerDay: float = 7.5
    note: str | None = None
    period: Period
    projectId: str
    startTime: str | None = None
    taskId: str | None = None
    userId: str
    workspaceId: str
    published: bool = True


class Milestone(Row, kw_only=True, gc=False):  # MilestoneDto
    date: str
    name: str
    projectId: str
    workspaceId: str


class ApprovalRequestStatus(Struct, kw_only=True, gc=False):  # ApprovalRequestStatusDtoV1
    note: str | None = None
    state: str = "PENDING"
    updatedAt: str
    updatedBy: str | None = None
    updatedByUserName: str | None = None


class ApprovalRequest(Row, kw_only=True, gc=False):  # ApprovalRequestDtoV1
    dateRange: Period
    status: ApprovalRequestStatus
    type: str = "TIMESHEET"
    workspaceId: str
    creatorId: str
    ownerId: str
    entryIds: list[str] = []
    expenseIds: list[str] = []


class Webhook(Row, kw_only=True, gc=False):  # WebhookDtoV1
    authToken: str = "whsec-new"
    deliveryEnabled: bool = True
    enabled: bool = True
    name: str
    planEnabled: bool = True
    triggerSource: list[str] = []
    triggerSourceType: str = "WORKSPACE_ID"
    url: str = "https://hooks.example.test/new"
    userId: str
    webhookEvent: str = "NEW_PROJECT"
    workspaceId: str


class SharedReport(Row, kw_only=True, gc=False):  # SharedReportDtoV1
    fixedDate: bool = False
    isPublic: bool = True
    link: str | None = None
    name: str
    reportAuthor: str | None = None
    type: str = "DETAILED"
    visibleToUserGroups: list[str] = []
    visibleToUsers: list[str] = []
    filter: dict[str, object] = {}
    userId: str
    workspaceId: str


class AuditLogEntry(Struct, kw_only=True, gc=False):  # AuditLogDtoV1
    action: str
    content: str | None = None
    previousContent: str | None = None
    timestamp: str
    userEmail: str | None = None
    userId: str
    userName: str | None = None
    workspaceId: str


WORKSPACE_SETTINGS: dict[str, object] = json.loads("""
{"activeBillableHours":false, "adminOnlyPages":[], "automaticLock":{"changeDay":"FRIDAY",
"dayOfMonth":15, "firstDay":"MONDAY", "olderThanPeriod":"DAYS", "olderThanValue":5,
"type":"WEEKLY"}, "canSeeTimeSheet":false, "canSeeTracker":false,
"currencyFormat":"CURRENCY_SPACE_VALUE", "defaultBillableProjects":false, "durationFormat":"FULL",
"entityCreationPermissions":{"whoCanCreateProjectsAndClients":null, "whoCanCreateTags":null,
"whoCanCreateTasks":null}, "forceDescription":false, "forceProjects":false, "forceTags":false,
"forceTasks":false, "isProjectPublicByDefault":false, "lockTimeEntries":null, "lockTimeZone":null,
"multiFactorEnabled":false, "numberFormat":"COMMA_PERIOD",
"onlyAdminsCanChangeBillableStatus":false, "onlyAdminsCreateProject":false,
"onlyAdminsCreateTag":false, "onlyAdminsCreateTask":false, "onlyAdminsSeeAllTimeEntries":false,
"onlyAdminsSeeBillableRates":false, "onlyAdminsSeeDashboard":false,
"onlyAdminsSeePublicProjectsEntries":false, "projectFavorites":false,
"projectGroupingLabel":"Project Label", "projectLabel":"project",
"projectPickerSpecialFilter":false, "round":{"minutes":"15", "round":"Round to nearest"},
"taskLabel":"task", "timeRoundingInReports":false, "timeTrackingMode":"DEFAULT",
"trackTimeDownToSecond":false, "workingDays":[]}
""")


USER_SETTINGS: dict[str, object] = json.loads("""
{"alerts":true, "approval":false, "collapseAllProjectLists":true, "dashboardPinToTop":true,
"dashboardSelection":"ME", "dashboardViewType":"BILLABILITY", "dateFormat":"MM/DD/YYYY",
"groupSimilarEntriesDisabled":true, "invoiceReminders":false, "isCompactViewOn":false, "lang":"en",
"longRunning":true, "multiFactorEnabled":true, "myStartOfDay":"09:00", "onboarding":false,
"projectListCollapse":15, "projectPickerTaskFilter":false, "pto":true, "reminders":false,
"scheduledReports":true, "scheduling":false, "sendNewsletter":false, "showOnlyWorkingDays":false,
"summaryReportSettings":{"group":"PROJECT", "subgroup":"CLIENT"}, "theme":"DARK",
"timeFormat":"HOUR24", "timeTrackingManual":true, "timeZone":"UTC", "weekStart":"MONDAY",
"weeklyUpdates":false}
""")
