"""What the audit log calls a change."""

from __future__ import annotations

ACTIONS = (
    *("CREATE_TIME_PERSONAL_TIMER", "CREATE_TIME_PERSONAL_MANUAL", "CREATE_TIME_IMPORT"),
    *("CREATE_TIME_KIOSK", "CREATE_TIME_FOR_OTHER", "RESTORE_TIME", "RESTORE_TIME_FOR_OTHER"),
    *("UPDATE_TIME_PERSONAL", "UPDATE_TIME_FOR_OTHER"),
    *("DELETE_TIME_PERSONAL", "DELETE_TIME_FOR_OTHER"),
    *("CREATE_PROJECT", "CREATE_PROJECT_IMPORT", "CREATE_PROJECT_QUICKBOOKS"),
    *("UPDATE_PROJECT", "DELETE_PROJECT"),
    *("CREATE_TASK", "CREATE_TASK_IMPORT", "UPDATE_TASK", "DELETE_TASK"),
    *("CREATE_CLIENT", "CREATE_CLIENT_IMPORT", "CREATE_CLIENT_QUICKBOOKS"),
    *("UPDATE_CLIENT", "DELETE_CLIENT"),
    *("CREATE_TAG", "CREATE_TAG_IMPORT", "UPDATE_TAG", "DELETE_TAG"),
    *("CREATE_EXPENSE", "CREATE_EXPENSE_FOR_OTHER", "RESTORE_EXPENSE"),
    *("RESTORE_EXPENSE_FOR_OTHER", "UPDATE_EXPENSE", "UPDATE_EXPENSE_FOR_OTHER"),
    *("DELETE_EXPENSE", "DELETE_EXPENSE_FOR_OTHER"),
)
"""The closed set that may be asked for."""

_NOUNS = ("CLIENT", "PROJECT", "TASK", "TAG", "EXPENSE")
"""Of what the log tells, besides time entries."""

_VERBS = {"created": "CREATE", "updated": "UPDATE", "deleted": "DELETE"}


def action_of(kind: str, event: str, *, other: bool) -> str | None:
    """Return what the log calls a change, of one's own or of another's; None where it is silent."""
    if kind == "TIME_ENTRY":
        whose = "FOR_OTHER" if other else "PERSONAL"
        manual = "_MANUAL" if event == "created" and not other else ""
        return f"{_VERBS[event]}_TIME_{whose}{manual}"
    noun = kind.removesuffix("S")
    whose = "_FOR_OTHER" if other and noun == "EXPENSE" else ""
    return f"{_VERBS[event]}_{noun}{whose}" if noun in _NOUNS else None
