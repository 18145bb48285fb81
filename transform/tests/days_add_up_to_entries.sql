-- Integrity: what was split is still there, to the second and to the ten-thousandth of a unit.
with parts as (
    select entry_key, sum(seconds) as seconds, sum(bill_amount) as bill, sum(cost_amount) as cost
    from {{ ref('fct_time_entry_day') }} group by 1
)

select entry.entry_key, entry.seconds, parts.seconds as of_parts
from {{ ref('fct_time_entry') }} as entry
left join parts on parts.entry_key = entry.entry_key
where parts.entry_key is null
    or coalesce(entry.seconds, 0) <> parts.seconds
    or (not entry.is_running and (entry.bill_amount is distinct from parts.bill or entry.cost_amount is distinct from parts.cost))
