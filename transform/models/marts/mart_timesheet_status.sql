-- Each timesheet, and whether what it holds is still what was handed in.
with held as (
    select timesheet_key, cast(sum(seconds) as bigint) as seconds, count(*) as entries
    from {{ ref('fct_time_entry') }}
    where timesheet_key is not null
    group by 1
)

select
    {{ key_of('sheet.timesheet_id', 'sheet') }} as timesheet_key,
    sheet.account,
    {{ key_of('sheet.member_id', 'sheet') }} as member_key,
    sheet.first_day,
    sheet.last_day,
    sheet.status,
    -- of several for the same days, the last
    row_number() over (
        partition by sheet.account, sheet.member_id, sheet.first_day, sheet.last_day
        order by sheet.changed_at desc, sheet.timesheet_id desc
    ) = 1 as is_current,
    sheet.seconds_handed_in,
    coalesce(held.seconds, 0) as seconds_now,
    coalesce(sheet.status = 'approved' and sheet.seconds_handed_in <> coalesce(held.seconds, 0), false) as is_changed_after_approval
from {{ ref('stg_timesheets') }} as sheet
left join held on held.timesheet_key = {{ key_of('sheet.timesheet_id', 'sheet') }}
