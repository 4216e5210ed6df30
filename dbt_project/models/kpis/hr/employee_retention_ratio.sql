-- of the people employed on the day before the period: still employed at its end / all of them
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_period_start_withheld as is_withheld,
        case when not is_period_start_withheld then retained_count end as numerator,
        case when not is_period_start_withheld then period_start_headcount end as denominator
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type in ('company', 'department')
)

select
    'employee_retention_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    case
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
