"""How the facade behaves where the protocol or a server's build leaves a choice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Refused: TypeAlias = Literal["", "ignore", "refuse"]
"""What happens to a query option: it works, it is ignored, it is answered `refusal_status`."""

Style: TypeAlias = Literal["aspnet", "aliases", "typedefs", "v401"]


@dataclass
class Switches:
    """The switches; set them as attributes, or by name with `World.switch`."""

    link_form: Literal["absolute", "relative", "encoded"] = "absolute"
    """How `@odata.nextLink` is spelled: encoded has `%24skiptoken`."""
    annotations: Literal["4.0", "4.01"] = "4.0"
    """4.01 leaves `odata.` out of annotation names, whatever `OData-MaxVersion` asks for."""
    numbers: Literal["number", "string"] = "number"
    """string writes Edm.Decimal and Edm.Int64 as IEEE754Compatible does, `@odata.count` too."""
    special_numbers: bool = False
    """Serve INF, -INF and NaN as the LifetimeBudget of some jobs."""
    page_size: int = 500
    """Rows of a page when no preference is given."""
    page_cap: int = 5_000
    """Rows of a page at most, whatever is preferred."""
    empty_pages: bool = False
    """Answer every third page of a list empty, with a link."""
    value_tokens: bool = False
    """Continue after the order-by values of the last row instead of after its position."""
    token_ttl: int = 0
    """Pages of a list that are answered before its links count as expired; 0 = all."""
    token_status: Literal[410, 404] = 410
    """How an expired link is answered."""
    metadata_style: Style = "aspnet"
    """The shape of `$metadata`; typedefs adds Allocations, v401 adds TimeEntriesView."""
    modified: bool = False
    """TimeEntries, Users and Jobs have a ModifiedDate."""
    hidden: dict[str, list[str]] = field(default_factory=dict)
    """Properties by set that `$metadata` shows but rows lack, as permissions have it; they can
    still be filtered and ordered by."""
    forbidden: list[str] = field(default_factory=list)
    """Sets that are answered 403."""
    no_filter: Refused = ""
    no_count: Refused = ""
    """Either form refuses the path `/$count`."""
    no_orderby: Refused = ""
    no_select: Refused = ""
    refusal_status: Literal[501, 500, 400] = 501
    """How a refused query option is answered."""
    no_preference: Refused = ""
    """`Prefer: odata.maxpagesize`; refused with 400."""
    select_limit: int = 0
    """Characters of a request's target above which it is answered 414; 0 = no limit."""
    undeclared: bool = False
    """Rows carry LegacyID, which `$metadata` does not show."""
    row_annotations: bool = False
    """Rows carry `@odata.id`, `@odata.etag` and types, inside CustomFields too."""
    compress: bool = False
    """Gzip bodies above 1 KiB for clients that accept it."""
