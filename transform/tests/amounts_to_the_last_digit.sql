-- Given and expected: a half is rounded up, whatever a database does with floating point.
select rate, seconds, expected
from (
    select cast(105 as decimal(18, 4)) as rate, cast(5400 as bigint) as seconds, cast(157.5 as decimal(18, 4)) as expected
    union all select 0.18, 1, 0.0001 -- 0.00005
    union all select 33.33, 3599, 33.3207 -- 33.32074…
    union all select 165, 15935, 730.3542 -- 730.354166…
    union all select null, 5400, null
) as rows_given
where {{ amount_of('rate', 'seconds') }} is distinct from expected
