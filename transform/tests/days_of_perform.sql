-- A date of Perform that is written in another way than `perform_dates` says is in no day.
{{ config(severity='warn') }}
select account, count(*) as rows_without_day
from (
    select account, day from {{ ref('stg_usage') }}
    union all select account, day from {{ ref('stg_progress') }}
    union all select account, day from {{ ref('stg_snapshots') }}
) as dated
where day is null
group by account
