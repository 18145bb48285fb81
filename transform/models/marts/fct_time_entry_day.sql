-- The part of an entry that lies on a local day. Parts add up to the entry, in seconds and to the
-- ten-thousandth of a unit: an amount of a part is what is earned until its end, less until its start.
with spans as (
    select
        *,
        {% if var('day_of') == 'start' -%} day
        {%- else -%}
        -- one that ends at midnight is not on the day that begins then
        coalesce(greatest(day, cast({{ to_local("(ended_at - interval '1 second')", 'zone') }} as date)), day)
        {%- endif %} as last_day
    from {{ ref('fct_time_entry') }}
),

parts as (
    select entry_key, day, cast(0 as bigint) as first_second, coalesce(seconds, 0) as last_second
    from spans where last_day = day
    union all
    select
        spans.entry_key,
        calendar.day,
        {{ seconds_between('spans.started_at', 'greatest(spans.started_at, ' ~ to_utc('cast(calendar.day as timestamp)', 'spans.zone') ~ ')') }},
        {{ seconds_between('spans.started_at', 'least(spans.ended_at, ' ~ to_utc('cast(calendar.day + 1 as timestamp)', 'spans.zone') ~ ')') }}
    from spans
    join {{ ref('dim_day') }} as calendar on calendar.day between spans.day and spans.last_day
    where spans.last_day > spans.day
)

select
    entry.entry_key, entry.account, parts.day,
    entry.member_key, entry.project_key, entry.task_key, entry.client_key,
    entry.kind, entry.is_worked, entry.is_billable, entry.is_running, entry.approval, entry.is_invoiced,
    parts.last_second - parts.first_second as seconds,
    entry.currency,
    cast(case when not entry.is_billable then cast(0 as decimal(18, 4))
        else {{ amount_of('entry.bill_rate', 'parts.last_second') }} - {{ amount_of('entry.bill_rate', 'parts.first_second') }}
    end as decimal(18, 4)) as bill_amount,
    entry.cost_currency,
    cast({{ amount_of('entry.cost_rate', 'parts.last_second') }} - {{ amount_of('entry.cost_rate', 'parts.first_second') }} as decimal(18, 4)) as cost_amount
from parts
join {{ ref('fct_time_entry') }} as entry on entry.entry_key = parts.entry_key
