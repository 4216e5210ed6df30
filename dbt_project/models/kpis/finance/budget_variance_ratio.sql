-- (actual - budget) / |budget|, both as effects on net income; the size of the budget, so that
-- the sign stays that of the variance where the budget is a loss or a department's pure cost
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_partly_budgeted,
        case
            when not is_partly_budgeted then actual_profit_effect_amount - budget_profit_effect_amount
        end as numerator,
        case when not is_partly_budgeted then abs(budget_profit_effect_amount) end as denominator
    from {{ ref('metrics_finance__budget_periodic') }}
)

select
    'budget_variance_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    case
        when is_partly_budgeted then 'incomplete_period'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
