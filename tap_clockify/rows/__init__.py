"""What one row of each table is.

Field names are the API's own. Amounts are in minor units of their currency (cents), possibly with a
fraction, unless they say otherwise, instants are UTC, durations are ISO-8601 texts such as
`PT1H30M`. Fields that the published description lacks and that were seen on the wire are marked.

Annotations are not texts here (`from __future__ import annotations`): msgspec would compile each of
the thousand, twice, which is a tenth of what `--discover` takes.
"""
