select
    {{ key_of('task_id') }} as task_key, account, task_id, {{ key_of('project_id') }} as project_key, name, is_billable
from {{ ref('stg_tasks') }}
union all
select distinct
    {{ key_of('task_id') }}, account, task_id, cast(null as {{ text_type() }}), 'Unknown task', cast(null as boolean)
from {{ ref('stg_time_entries') }} as entry
where task_id is not null
    and {{ is_in_no_list('entry', 'stg_tasks', 'task_id') }}
