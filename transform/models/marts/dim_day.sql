-- A calendar, far enough for a span over several days and for plans.
select
    day,
    {{ week_of('day') }} as week,
    {{ month_of('day') }} as month,
    {{ weekday_of('day') }} as weekday
from ({{ days("date '2000-01-01'", "date '2060-12-31'") }}) as calendar
