-- Days on which a member is not expected to work: holidays, and time off that was approved.
with holiday as (
    select *, {{ account_of('"workspaceId"') }} as account from {{ raw('clockify', 'holidays') }} as loaded where _sdc_deleted_at is null
),

celebrating as (
    -- for everybody
    select holiday.account, holiday.id, member.member_id
    from holiday join {{ ref('stg_members') }} as member on member.account = holiday.account
    where {{ boolean_of('holiday."everyoneIncludingNew"') }}
    union -- by name
    select holiday.account, holiday.id, {{ text_of('named') }}
    from holiday {{ each_text(list_text('holiday."userIds"'), 'named') }}
    union -- by group
    select holiday.account, holiday.id, part."userId"
    from holiday {{ each_text(list_text('holiday."userGroupIds"'), 'grouped') }}
    join {{ raw('clockify', 'user_group_members') }} as part
        on part."userGroupId" = {{ text_of('grouped') }} and part."workspaceId" = holiday."workspaceId"
)

select
    holiday.account,
    celebrating.member_id,
    'holiday' as reason,
    {{ day_of(json_text('holiday."datePeriod"', 'startDate')) }} as first_day,
    {{ day_of(json_text('holiday."datePeriod"', 'endDate')) }} as last_day,
    cast(1 as decimal(3, 2)) as share
from holiday join celebrating on celebrating.account = holiday.account and celebrating.id = holiday.id
union all
select
    {{ account_of('"workspaceId"') }},
    "userId",
    'time off',
    {{ day_of(json_text('"timeOffPeriod"', 'period.start')) }},
    {{ day_of(json_text('"timeOffPeriod"', 'period.end')) }},
    cast(case when {{ json_text('"timeOffPeriod"', 'halfDay') }} = 'true' then 0.5 else 1 end as decimal(3, 2))
from {{ raw('clockify', 'time_off_requests') }} as request
where _sdc_deleted_at is null and {{ json_text('status', 'statusType') }} = 'APPROVED'
