-- people whose first day of employment is in the period; where they are withheld the leavers are too,
-- and would be the change of headcount without them
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_people_withheld as is_withheld,
        case when not is_people_withheld then hires_count end as numerator
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
    case
        when is_withheld then 'withheld'
        when numerator is null then 'no_data'
    end as no_value_reason
from kpi
