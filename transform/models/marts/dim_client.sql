select {{ key_of('client_id') }} as client_key, account, client_id, name, is_archived
from {{ ref('stg_clients') }}
union all
-- clients that projects and invoices name and no list has
select distinct {{ key_of('client_id') }}, account, client_id, 'Unknown client', cast(null as boolean)
from (
    select account, client_id from {{ ref('stg_projects') }}
    union select account, client_id from {{ ref('stg_invoices') }}
) as named
where client_id is not null
    and {{ is_in_no_list('named', 'stg_clients', 'client_id') }}
