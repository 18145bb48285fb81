-- Given and expected: cents with and without a fraction, yen that have none, dinar that have three digits.
select minor, currency, expected
from (
    select cast(10550 as decimal(18, 4)) as minor, 'EUR' as currency, cast(105.5 as decimal(18, 4)) as expected
    union all select 73035.42, 'USD', 730.3542
    union all select 10550, 'JPY', 10550
    union all select 10550, 'KWD', 10.55
    union all select 100, null, 1
) as rows_given
where {{ units_of('minor', 'currency') }} is distinct from expected
