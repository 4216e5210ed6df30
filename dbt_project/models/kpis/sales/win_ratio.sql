-- deals won / deals won or lost, by close date
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        won_count as numerator,
        closed_count as denominator
    from {{ ref('metrics_sales__closed_opportunities_periodic') }}
)

select
    'win_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
