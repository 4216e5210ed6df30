-- billable hours / hours worked
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_settled,
        is_utilisation_withheld as is_withheld,
        case when is_settled and not is_utilisation_withheld then hours_billable end as numerator,
        case when is_settled and not is_utilisation_withheld then hours_worked end as denominator
    from {{ ref('metrics_hr__timesheets_periodic') }}
)

select
    'utilisation_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    case
        -- told week by week, the hours of the few who worked one could be read from it
        when not is_settled then 'incomplete_period'
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
