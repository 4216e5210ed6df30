-- budget lines that cost more than budgeted / all budget lines of costs
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_partly_budgeted,
        case when not is_partly_budgeted then overrun_lines_count end as numerator,
        case when not is_partly_budgeted then lines_count end as denominator
    from {{ ref('metrics_finance__budget_lines_periodic') }}
)

select
    'budget_lines_overrun_ratio' as kpi_id,
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
