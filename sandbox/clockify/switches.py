"""How the service behaves where documents and observations differ, or say nothing."""

from __future__ import annotations

from typing import Literal


class Switches:
    """The switches; set them as attributes, or by name with `World.switch`."""

    omit_last_page: bool = False
    """Answer pages without the Last-Page header."""
    empty_page_before_last: bool = False
    """Insert an empty page with `Last-Page: false` before the last page of every list."""
    clamp_page_size: bool = False
    """Serve a page of the largest size when more is asked for, instead of refusing."""
    hydrated_omits_done: bool = False
    """Leave DONE tasks out of hydrated projects."""
    hydrated_ignored: bool = False
    """Take no notice of `hydrated` in the list of projects."""
    hydrated_refused: bool = False
    """Refuse `hydrated` in the list of projects."""
    hydrated_lacks: str = ""
    """A member of tasks that hydrated projects leave out, or `tasks` itself."""
    compress: bool = False
    """Gzip bodies above 1 KiB for clients that accept it."""
    plan_refusal: Literal[401, 402, 403] = 403
    """How a feature that the plan lacks is refused: 403 is usual, the help pages also list 401,
    two client families expect 402."""
    several_values: Literal["any", "joined", "single", "first", "last"] = "any"
    """How `roles` and `account-statuses` take several values: however they come; joined by commas
    or one only, as the description declares it, others are refused with 400; or all but the first
    or the last are ignored."""
    null_envelopes: bool = False
    """The list inside an envelope is null where there is nothing (seen of expenses)."""

    changes_envelope: bool = False
    """Wrap the entity-change feeds as `{"response": [...]}`, as the description has it."""
    changes_code: Literal["documentCode", "documentType"] = "documentCode"
    """Under which name a feed tells the type: the wire's or the guide's."""
    changes_type: Literal["TIME_ENTRY", "TIMEENTRY", "time_entry", "none"] = "TIME_ENTRY"
    """How a feed spells types, by the example of one; a public clone writes `TIMEENTRY`."""
    changes_first_page: Literal[0, 1] = 0
    """0 as the description's default, 1 as the guide's examples; page 0 is then page 1."""
    changes_zone: str = "UTC"
    """The zone in whose wall clock feeds read their bounds; no document names one."""
    changes_span_days: int = 30
    """The longest window of a feed, longer ones are 400/501; 0 = any. No limit is documented but
    the default window of 30 days."""
    changes_limit: int = 0
    """The largest `limit` of a feed (refused, or clamped with `clamp_page_size`); 0 = any."""
    changes_kept_days: int = 0
    """How long the feeds remember; 0 = for ever."""
    changes_bare: bool = False
    """Rows of created and updated carry nothing of the entity but its id."""
    changes_feature: str = ""
    """A feature that the feeds need; which plans have them is not documented."""
    batch_limit: int = 0
    """How many ids `time-entries/batch` takes; 0 = any, as none is documented."""

    archived_categories: bool = False
    """List archived expense categories too when `archived` is not given; documented: false."""
    expense_date: Literal["day", "instant"] = "day"
    """How the date of an expense is spelled."""
    text_lists: bool = False
    """Spell workingDays and visibleZeroFields as a JSON text, as the description types them."""
    documented_shared_reports: bool = False
    """Shared reports as described: no filter, userId, workspaceId; who sees them as id and name."""
    documented_reports: bool = False
    """Reports as described (`timeEntries`, `id`) instead of as observed (`timeentries`, `_id`)."""
    report_limit: int = 1_000
    """The largest page of the detailed and the expense report; a third party guesses 200."""
    report_span_days: int = 0
    """The longest window of reports, whatever the features say; 0 = as they say."""
    attendance_limit: int = 200
    """The largest page of the attendance report, as a third party reports it."""
    audit_envelope: bool = False
    """Wrap the audit log as `{"response": [...]}`, as the description has it."""
    audit_span_days: int = 0
    """The longest window of the audit log; 0 = any. The web page allows 30 days."""
