-- Integrity: joins to rates, timesheets and invoices neither lose nor double an entry.
select count(*) as ours, (select count(*) from {{ ref('stg_time_entries') }}) as loaded
from {{ ref('fct_time_entry') }}
having count(*) <> (select count(*) from {{ ref('stg_time_entries') }})
