select
    budget_lines.budget_id,
    cast({{ dbt.date_trunc('month', 'budget_lines.budget_date') }} as date) as month_start_date,
    budget_lines.account_id,
    chart.account_class,
    chart.cost_function,
    budget_lines.department,
    budget_lines.profit_effect_amount,
    budget_lines.source_system
from {{ ref('stg_finance__budget_lines') }} as budget_lines
-- left, not inner: the test on account_class names a line whose account is unknown
left join {{ ref('stg_finance__accounts') }} as chart on budget_lines.account_id = chart.account_id
