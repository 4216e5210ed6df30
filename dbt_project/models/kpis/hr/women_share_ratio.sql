-- women / headcount, on the last known day of the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_headcount_withheld as is_withheld,
        case when not is_headcount_withheld then women_count end as numerator,
        case when not is_headcount_withheld then headcount end as denominator
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type in ('company', 'department')
)

select
    'women_share_ratio' as kpi_id,
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
