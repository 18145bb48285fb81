-- Time entries that exist. ClickTime's have a day and hours instead of a start and an end.
with loaded as (
    select * from {{ raw('clockify', 'time_entries') }} as entry
    where _sdc_deleted_at is null
),

windows as (
    select * from {{ raw('clockify', 'completed_windows') }} as part
    where stream = 'time_entries'
)

select
    {{ account_of('"workspaceId"', 'entry') }} as account,
    entry.id as entry_id,
    entry."userId" as member_id,
    entry."projectId" as project_id,
    entry."taskId" as task_id,
    cast(entry."start" as timestamp) as started_at,
    cast(entry."end" as timestamp) as ended_at,
    cast(null as date) as day,
    -- not the loaded duration: start and end are what an edit changes
    {{ seconds_between('cast(entry."start" as timestamp)', 'cast(entry."end" as timestamp)') }} as seconds,
    {{ boolean_of('entry.billable') }} as is_billable,
    lower(coalesce(entry.type, 'REGULAR')) as kind,
    coalesce({{ boolean_of('entry."isLocked"') }}, false) as is_locked,
    entry.description,
    {{ list_text('entry."tagIds"') }} as tag_ids,
    cast({{ json_text('entry."hourlyRate"', 'amount') }} as decimal(18, 4)) as bill_minor,
    {{ json_text('entry."hourlyRate"', 'currency') }} as bill_currency,
    cast({{ json_text('entry."costRate"', 'amount') }} as decimal(18, 4)) as cost_minor,
    {{ json_text('entry."costRate"', 'currency') }} as cost_currency,
    cast(null as decimal(18, 4)) as bill_rate,
    cast(null as decimal(18, 4)) as cost_rate,
    entry._sdc_extracted_at as loaded_at
from loaded as entry
where not exists (
    -- a part that was read to its end, after the row came last: the row is gone
    select 1 from windows as part
    where part._schema = entry._schema
        and part."workspaceId" = entry."workspaceId"
        and part."userId" in ('*', entry."userId")
        and cast(entry."start" as timestamp) >= cast(part."from" as timestamp)
        and cast(entry."start" as timestamp) < cast(part."to" as timestamp)
        and entry._sdc_extracted_at < cast(part."readAt" as timestamp)
)
union all
select
    {{ account_of() }},
    "ID",
    "UserID",
    "JobID",
    "TaskID",
    cast(null as timestamp),
    cast(null as timestamp),
    {{ day_of('"Date"') }},
    cast(round(cast("Hours" as decimal(18, 6)) * 3600) as bigint),
    cast(null as boolean), -- the job's or the task's: fct_time_entry
    'regular',
    false,
    "Comment",
    cast(null as {{ text_type() }}),
    cast(null as decimal(18, 4)),
    '{{ var("clicktime_currency") }}',
    cast(null as decimal(18, 4)),
    '{{ var("clicktime_currency") }}',
    cast("BillingRate" as decimal(18, 4)),
    cast("CostRate" as decimal(18, 4)),
    _sdc_extracted_at
from {{ raw('clicktime', 'time_entries') }} as entry
where _sdc_deleted_at is null and "Date" is not null -- an entry without a day is in no day, week or month
