-- Each row is a day, or a document, on which the service adds up something else than we have. Look at
-- `mart_reconciliation` for who and by how much.
select * from {{ ref('mart_reconciliation') }}
where state in ('different', 'missing here', 'missing there')
