"""Whose state it is: a run refuses a state of another account.

`bookmarks._account` says whose rows the state speaks for: `service` (the address that was asked),
`ids` (workspaces, projects, or the address itself), and digests of `addresses` that may hold a
secret. The SDK and Meltano keep it like the bookmark of a stream; no table's name begins with `_`.

Accounts change: workspaces and projects come and go, a host gets another name. So a state is
refused only if it has nothing in common with what is read now. One that names nobody (of an earlier
release, or empty) is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "_account"

MOST_NAMED = 5
"""Ids that a message names."""


@dataclass(frozen=True)
class Owner:
    """Who the rows of a run belong to.

    Attributes:
        what: what the ids are called.
        service: scheme and host of the service.
        ids: what tells this account from others, as people may see it.
        addresses: digests of what tells it as well, and may hold a secret.
    """

    what: str
    service: str
    ids: Sequence[str]
    addresses: Sequence[str] = ()

    def refusal(self, bookmarks: dict[str, Any]) -> str | None:
        """Return why a state cannot be of this account, or None."""
        kept = bookmarks.get(KEY, {})
        before = {*kept.get("ids", ()), *kept.get("addresses", ())}
        if not before or before & {*self.ids, *self.addresses}:
            return None
        was = _shown(kept.get("ids", ()), kept.get("service", ""))
        return (
            f"The state that was given is of other {self.what} ({was}) than those that are read "
            f"now ({_shown(self.ids, self.service)}), so nothing was read: give each account a "
            "state of its own (with Meltano also a MELTANO_SYS_DIR_ROOT of its own), or, if this "
            "one is meant to go on with that state, run once with accept_state: true."
        )

    def keep(self, bookmarks: dict[str, Any], *, anew: bool) -> None:
        """Note in the state whose it is.

        Args:
            bookmarks: those of the state.
            anew: whether those that it was of before are forgotten.
        """
        before = {} if anew else bookmarks.get(KEY, {})
        kept = {"ids": self.ids, "addresses": self.addresses}
        merged = {name: sorted({*before.get(name, ()), *own}) for name, own in kept.items()}
        bookmarks[KEY] = {"service": self.service} | {n: ids for n, ids in merged.items() if ids}


def _shown(ids: Sequence[str], service: str) -> str:
    more = len(ids) - MOST_NAMED
    named = [*ids[:MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])]
    return f"{', '.join(named)} at {service}"
