-- Given and expected: ISO-8601 durations as services write them.
select given, expected
from (
    select 'PT1H30M' as given, 5400 as expected
    union all select 'PT45S', 45
    union all select 'PT8H', 28800
    union all select 'P1DT2H3M4S', 93784
    union all select 'PT1.5S', 1
    union all select 'PT0S', 0
    union all select 'PT90M', 5400
    union all select '90', null
) as rows_given
where {{ iso_seconds('given') }} is distinct from expected
