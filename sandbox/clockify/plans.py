"""What each plan includes, by the names that a workspace shows."""

from __future__ import annotations

_FREE = ["TIME_TRACKING", "ONE_MONTH_RANGE_REPORTS", "FAVORITE_ENTRIES"]
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
_ENTERPRISE = [
    *(feature for feature in _PRO if feature != "ONE_YEAR_RANGE_REPORTS"),
    *("UNLIMITED_REPORTS", "AUDIT_LOG", "CUSTOM_SUBDOMAIN"),
    "ENHANCED_FORECASTING_2026",  # live accounts carry names the document does not list
]

PLANS: dict[str, tuple[str, list[str]]] = {
    "FREE": ("FREE", _FREE),
    "STANDARD": ("STANDARD_2021", _STANDARD),
    "PRO": ("PRO_2021", _PRO),
    "ENTERPRISE": ("ENTERPRISE_2021", _ENTERPRISE),
}
"""What the workspace says of itself on each plan: subscription type and features (help pages,
"Subscription plans"; shared reports are for any paid plan since 2026)."""
