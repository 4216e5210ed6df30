-- actual - budget, both as effects on net income: more revenue and less cost than budgeted are positive
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_partly_budgeted,
        case
            when not is_partly_budgeted then actual_profit_effect_amount - budget_profit_effect_amount
        end as numerator
    from {{ ref('metrics_finance__budget_periodic') }}
)

select
    'budget_variance_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case
        when is_partly_budgeted then 'incomplete_period'
        when numerator is null then 'no_data'
    end as no_value_reason
from kpi
