-- unplanned absence, in working days
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_absence_withheld as is_withheld,
        case when not is_absence_withheld then unplanned_absence_days end as numerator
    from {{ ref('metrics_hr__absence_periodic') }}
)

select
    'unplanned_absence_days' as kpi_id,
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
