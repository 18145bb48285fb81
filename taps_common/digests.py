"""Digests: whether something is what it was, without keeping it."""

from __future__ import annotations

import json
from hashlib import blake2b


def digest_of(content: object, *, size: int = 16) -> str:
    """Return the digest of bytes, or of anything that JSON can hold, as hexadecimal digits.

    Args:
        content: what is not bytes goes by its JSON text, and what JSON does not know by its `str`.
        size: bytes of the digest.
    """
    data = content if isinstance(content, bytes) else json.dumps(content, default=str).encode()
    return blake2b(data, digest_size=size).hexdigest()
