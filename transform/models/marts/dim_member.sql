-- Everybody who is a member or has an entry: who left and is in no list any more keeps a row.
with known as (
    select
        account, member_id, name, status, zone, employed_from, employed_to, must_complete, approver_id,
        coalesce(capacity_seconds, {{ assumed_capacity() }}) as capacity_seconds,
        capacity_seconds is null as is_capacity_assumed,
        coalesce(working_days, {{ assumed_working_days() }}) as working_days
    from {{ ref('stg_members') }}
),

unknown as (
    select distinct account, member_id from {{ ref('stg_time_entries') }} as entry
    where {{ is_in_no_list('entry', 'stg_members', 'member_id') }}
)

select
    {{ key_of('member_id') }} as member_key,
    account, member_id,
    coalesce(name, 'Unknown member') as name,
    coalesce(status, 'unknown') as status,
    {% if var('day_zone') == 'member' -%} coalesce(zone, 'UTC') {%- else -%} '{{ var("day_zone") }}' {%- endif %} as zone,
    employed_from, employed_to,
    must_complete as is_to_complete_time,
    {{ key_of('approver_id') }} as approver_key,
    cast(capacity_seconds as bigint) as capacity_seconds,
    is_capacity_assumed,
    working_days
from known
union all
select
    {{ key_of('member_id') }}, account, member_id, 'Unknown member', 'unknown',
    {% if var('day_zone') == 'member' -%} 'UTC' {%- else -%} '{{ var("day_zone") }}' {%- endif %},
    null, null, false, null, cast({{ assumed_capacity() }} as bigint), true,
    {{ assumed_working_days() }}
from unknown
