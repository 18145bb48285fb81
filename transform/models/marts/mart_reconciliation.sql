-- Ours beside the service's own arithmetic, row by row: who, which day, by how much.
with theirs as (
    select total.*, account.currency,
        {{ units_of('total.amount_minor', 'account.currency') }} as amount
    from {{ ref('stg_service_totals') }} as total
    join {{ ref('dim_account') }} as account on account.account = total.account
),

spans as ( -- days that a report covers; others cannot be compared
    select account, checked_by, min(day) as first_day, max(day) as last_day from theirs group by 1, 2
),

-- Reports count an entry on the day of UTC on which it starts, and running ones not at all.
entries as (
    select
        entry.account, entry.entry_id, raw.member_id, cast(entry.started_at as date) as day,
        entry.seconds, entry.is_worked, entry.bill_amount, entry.currency
    from {{ ref('fct_time_entry') }} as entry
    join {{ ref('stg_time_entries') }} as raw on raw.account = entry.account and raw.entry_id = entry.entry_id
    where entry.started_at is not null and not entry.is_running
),

ours as (
    select
        spans.checked_by, entries.account, entries.member_id, entries.day,
        sum(case when spans.checked_by <> 'attendance_report' or entries.is_worked then entries.seconds else 0 end) as seconds,
        -- compared only where all is in the one currency that the report has
        case when spans.checked_by = 'user_day_totals' and min(entries.currency) = max(entries.currency)
            and min(entries.currency) = min(account.currency) then sum(entries.bill_amount) end as amount,
        sum(case when entries.bill_amount is null then 1 else 0 end) as without_rate
    from entries
    join spans on spans.account = entries.account and entries.day between spans.first_day and spans.last_day
    join {{ ref('dim_account') }} as account on account.account = entries.account
    group by 1, 2, 3, 4
),

by_day as (
    select
        coalesce(theirs.checked_by, ours.checked_by) as checked_by,
        coalesce(theirs.account, ours.account) as account,
        coalesce(theirs.member_id, ours.member_id) as member_id,
        theirs.member_name,
        coalesce(theirs.day, ours.day) as day,
        cast(coalesce(ours.seconds, 0) as bigint) as ours_seconds,
        coalesce(theirs.seconds, 0) as theirs_seconds,
        case when theirs.amount is not null and (ours.amount is not null or ours.member_id is null) then coalesce(ours.amount, 0) end as ours_amount,
        case when ours.amount is not null or ours.member_id is null then theirs.amount end as theirs_amount,
        theirs.currency,
        ours.member_id is null and theirs.seconds > 0 as is_missing_here,
        theirs.member_id is null and ours.seconds > 0 as is_missing_there,
        coalesce(ours.without_rate, 0) as without_rate,
        theirs.loaded_at
    from theirs
    full join ours
        on ours.checked_by = theirs.checked_by and ours.account = theirs.account
        and ours.member_id = theirs.member_id and ours.day = theirs.day
),

invoices as (
    select *, {{ told_apart('number', 'invoice_id', 'invoice') }} as subject from {{ ref('stg_invoices') }} as invoice
),

recorded as (
    select account, project_id,
        cast(sum(seconds) as bigint) as seconds,
        cast(sum(case when kind = 'regular' then seconds else 0 end) as bigint) as worked_seconds
    from {{ ref('stg_time_entries') }}
    where project_id is not null
    group by 1, 2
),

by_document as (
    select 'invoice_lines' as checked_by, invoice.account, cast(null as {{ text_type() }}) as member_id,
        invoice.subject, invoice.issued_on as day,
        cast(null as bigint) as ours_seconds, cast(null as bigint) as theirs_seconds,
        sum({{ units_of('line.amount_minor', 'invoice.currency') }}) as ours_amount, invoice.subtotal as theirs_amount, invoice.currency,
        cast(null as timestamp) as loaded_at
    from invoices as invoice
    join {{ ref('stg_invoice_lines') }} as line on line.account = invoice.account and line.invoice_id = invoice.invoice_id
    where invoice.subtotal is not null
    group by invoice.account, invoice.invoice_id, invoice.subject, invoice.issued_on, invoice.subtotal, invoice.currency
    union all
    -- what the entries of a line are worth, and what the line asks for them
    select 'invoiced_work', line.account, null, invoice.subject || ', line ' || cast(line.line as {{ text_type() }}), line.issued_on,
        null, null, line.worked_amount, line.amount, line.currency, null
    from {{ ref('mart_invoice_line') }} as line
    join invoices as invoice on invoice.account = line.account and invoice.invoice_id = line.invoice_id
    where line.worked_amount is not null and line.entries > 0 and line.status <> 'void'
    union all
    select 'project_duration', project.account, null, {{ told_apart('name', 'project_id', 'project') }}, cast(project.loaded_at as date),
        -- whether breaks are in it is not documented: either will do
        case when recorded.worked_seconds = project.recorded_seconds then recorded.worked_seconds else coalesce(recorded.seconds, 0) end,
        project.recorded_seconds, null, null, null, project.loaded_at
    from {{ ref('stg_projects') }} as project
    left join recorded on recorded.account = project.account and recorded.project_id = project.project_id
    where project.recorded_seconds is not null
    union all
    select 'approved_timesheets', sheet.account, raw.member_id, raw.timesheet_id, sheet.first_day,
        sheet.seconds_now, sheet.seconds_handed_in, null, null, null, null
    from {{ ref('mart_timesheet_status') }} as sheet
    join {{ ref('stg_timesheets') }} as raw on raw.account = sheet.account and {{ key_of('raw.timesheet_id', 'raw') }} = sheet.timesheet_key
    where sheet.status = 'approved' and sheet.seconds_handed_in is not null
),

compared as (
    select account, checked_by, member_id, member_name as subject, day, ours_seconds, theirs_seconds,
        ours_amount, theirs_amount, currency, is_missing_here, is_missing_there, without_rate, loaded_at
    from by_day
    union all
    select account, checked_by, member_id, subject, day, ours_seconds, theirs_seconds,
        ours_amount, theirs_amount, currency,
        checked_by = 'project_duration' and ours_seconds = 0, checked_by = 'project_duration' and theirs_seconds = 0, 0, loaded_at
    from by_document
),

touched as ( -- when we learnt last of a member's day, and of anything
    select account, member_id, day, touched_at from {{ ref('stg_touched_days') }}
    union all
    select account, null, null, max(touched_at) from {{ ref('stg_touched_days') }} group by 1
),

judged as (
    select
        compared.*,
        coalesce(compared.ours_seconds <> compared.theirs_seconds, false)
            or coalesce(abs(compared.ours_amount - compared.theirs_amount) >= {{ var('amount_tolerance') }}, false) as is_different,
        -- their total was read in an earlier run than our rows: no proof of anything
        coalesce(compared.loaded_at < touched.touched_at - interval '12 hours', false) as is_older
    from compared
    left join touched
        on touched.account = compared.account
        and (touched.member_id = compared.member_id and touched.day = compared.day
            or touched.member_id is null and compared.checked_by = 'project_duration')
)

select
    judged.account,
    judged.checked_by,
    {{ key_of('judged.member_id', 'judged') }} as member_key,
    coalesce(member.name, judged.subject) as member_name,
    case when judged.checked_by in ('invoice_lines', 'invoiced_work', 'project_duration', 'approved_timesheets') then judged.subject end as document,
    judged.day,
    judged.ours_seconds,
    judged.theirs_seconds,
    judged.ours_seconds - judged.theirs_seconds as seconds_difference,
    cast(judged.ours_amount as decimal(18, 4)) as ours_amount,
    cast(judged.theirs_amount as decimal(18, 4)) as theirs_amount,
    cast(judged.ours_amount - judged.theirs_amount as decimal(18, 4)) as amount_difference,
    judged.currency,
    case when not judged.is_different then 'equal'
        -- a price that somebody changed on the invoice, or a rate that changed since
        when judged.checked_by = 'invoiced_work' then 'priced otherwise'
        {%- if not var('whole_history') %}
        when judged.checked_by = 'project_duration' then 'not compared'
        {%- endif %}
        when judged.is_older then 'older total'
        when judged.is_missing_here then 'missing here'
        when judged.is_missing_there then 'missing there'
        else 'different' end as state,
    cast(judged.without_rate as bigint) as entries_without_rate
from judged
left join {{ ref('dim_member') }} as member on member.account = judged.account and member.member_id = judged.member_id
