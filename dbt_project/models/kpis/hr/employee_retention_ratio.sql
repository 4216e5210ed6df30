-- of the people employed on the day before the period: still employed at its end / all of them
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        -- nobody at the start: a new department has no retention, and hides nobody
        is_people_withheld and period_start_headcount > 0 as is_withheld,
        retained_count,
        period_start_headcount
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type in ('company', 'department')
),

shown as (
    select
        *,
        case when not is_withheld then retained_count end as numerator,
        case when not is_withheld then period_start_headcount end as denominator
    from kpi
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
from shown
