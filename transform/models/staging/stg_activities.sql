-- Activities of Perform, with all three budgets: which one is "the" budget is the reader's to say.
select
    {{ account_of('project') }} as account,
    project,
    reference_code as activity_code,
    activity_name as name,
    wbs_code,
    discipline,
    quantity_uom as unit
    {%- for kind in ['cost', 'labour', 'quantity'] %}
    {%- for budget in ['original_budget', 'revised_budget', 'current_estimate'] %},
    cast({{ budget }}_{{ kind }}_at_complete as decimal(38, 4)) as {{ budget }}_{{ kind }}
    {%- endfor %}{% endfor %}
from {{ raw('perform', 'activity_export') }} as activity
