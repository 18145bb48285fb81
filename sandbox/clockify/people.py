"""Made-up members: the first ones each carry a quirk, the rest fill the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from sandbox.clockify.rows import User, UserCustomFieldValue
from sandbox.clockify.settings import UserSettings

if TYPE_CHECKING:
    import random

FIRST = ("Ana", "Bojan", "Chloé", "Dmitri", "Eun-ji", "Fátima", "Göran", "Hiro", "Ines", "Jürgen")
LAST = ("Petrović", "Smith", "Nguyen", "García", "Müller", "Okafor", "Rossi", "Kowalski", "Sato")
ZONES = ("Europe/Belgrade", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC")

OWNER, ADMIN, MEMBER, LIMITED, DEACTIVATED, NOT_REGISTERED, UNVERIFIED = range(7)
"""Places of the members with a part to play."""

SPECIAL = (
    ("Olivera Owner", "ACTIVE"),
    ("Adam Admin", "ACTIVE"),
    ("Mia Member", "ACTIVE"),
    ("Kiosk Kiki 🏭", "LIMITED"),
    ('Dana "Gone" D\'Arc', "ACTIVE"),
    (None, "NOT_REGISTERED"),
    ("Petra Pending", "PENDING_EMAIL_VERIFICATION"),
)


def member(rng: random.Random, ordinal: int, user_id: str, home: str) -> User:
    """Make up one account; `home` is its active and default workspace."""
    special = SPECIAL[ordinal] if ordinal < len(SPECIAL) else None
    name = special[0] if special else f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    status = special[1] if special else "ACTIVE"
    zone = ZONES[0] if ordinal == OWNER else rng.choice(ZONES)
    joined = status != "NOT_REGISTERED"
    return User(
        id=user_id,
        email=f"member{ordinal:05d}@example.test",
        name=name,
        profilePicture=f"https://img.example.test/{user_id}.png" if ordinal % 3 == 0 else None,
        activeWorkspace=home if joined else None,
        defaultWorkspace=home if joined else None,
        settings=UserSettings(timeZone=zone) if joined else None,
        status=status,
    )


def user_field_values(user: User, field_id: str, field_name: str) -> list[UserCustomFieldValue]:
    """Fill in the workspace's user field for one member."""
    return [
        UserCustomFieldValue(
            customFieldId=field_id,
            customFieldName=field_name,
            customFieldType="TXT",
            userId=user.id,
            value=f"TIN-{user.id[-4:]}",
        )
    ]


def copy(user: User) -> User:
    """Copy an account: each workspace has its own custom fields and memberships of it."""
    return structs.replace(user, memberships=[], customFields=[])
