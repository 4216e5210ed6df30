-- people whose first day of employment is in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        hires_count as numerator
    from {{ ref('metrics_hr__headcount_periodic') }}
)

select
    'hires_count' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
