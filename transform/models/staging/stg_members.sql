-- A person in an account, with what the service says of capacity; null where it says nothing.
with clockify as (
    select
        {{ account_of('"workspaceId"', 'person') }} as account,
        person.id as member_id,
        person.name,
        -- of the membership: `users.status` is that of the person in all of Clockify
        lower(coalesce(membership."membershipStatus", person.status)) as status,
        {{ json_text('person.settings', 'timeZone') }} as zone,
        {{ iso_seconds('profile."workCapacity"') }} as capacity_seconds,
        {{ list_text('profile."workingDays"') }} as working_days,
        cast(null as date) as employed_from,
        cast(null as date) as employed_to,
        true as must_complete,
        cast(null as {{ text_type() }}) as approver_id
    from {{ raw('clockify', 'users') }} as person
    left join {{ raw('clockify', 'member_profiles') }} as profile
        on profile._schema = person._schema
        and profile."workspaceId" = person."workspaceId" and profile."userId" = person.id
    left join {{ raw('clockify', 'user_memberships') }} as membership
        on membership._schema = person._schema and membership."membershipType" = 'WORKSPACE'
        and membership."targetId" = person."workspaceId" and membership."workspaceId" = person."workspaceId"
        and membership."userId" = person.id
    where person._sdc_deleted_at is null
)

select * from clockify
union all
select
    {{ account_of() }},
    "ID",
    "Name",
    case when {{ boolean_of('"IsActive"') }} then 'active' else 'inactive' end,
    'UTC', -- ClickTime's days have no zone
    -- MinimumTimePeriod is Day or Week; anything else is not known.
    cast(floor(cast("MinimumTimeHours" as decimal(12, 4)) * case "MinimumTimePeriod" when 'Day' then 3600 when 'Week' then 720 end) as bigint),
    cast(null as {{ text_type() }}),
    {{ day_of('"StartDate"') }},
    {{ day_of('"EndDate"') }},
    coalesce({{ boolean_of('"SubjectToTimesheetCompletion"') }}, true),
    "TimesheetApproverID"
from {{ raw('clicktime', 'users') }} as person
where _sdc_deleted_at is null
