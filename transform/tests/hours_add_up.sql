-- Integrity: the daily mart has all seconds of finished entries.
select daily.seconds, facts.seconds as of_facts
from (select coalesce(sum(seconds), 0) as seconds from {{ ref('mart_hours_daily') }}) as daily
cross join (select coalesce(sum(seconds), 0) as seconds from {{ ref('fct_time_entry') }}) as facts
where daily.seconds <> facts.seconds
