-- people who left / average headcount
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_people_withheld as is_withheld,
        case when not is_people_withheld then leavers_count end as numerator,
        case when not is_people_withheld then person_days_count end as person_days_count,
        days_count
    from {{ ref('metrics_hr__headcount_periodic') }}
)

select
    'employee_turnover_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    {{ safe_divide('person_days_count', 'days_count') }} as denominator,
    {{ safe_divide('(numerator * days_count)', 'person_days_count') }} as actual_value,
    case
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'person_days_count') }}
    end as no_value_reason
from kpi
