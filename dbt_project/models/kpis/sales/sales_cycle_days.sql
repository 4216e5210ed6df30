-- days from first contact to the close / deals won in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        sales_cycle_days as numerator,
        sales_cycles_count as denominator
    from {{ ref('metrics_sales__closed_opportunities_periodic') }}
)

select
    'sales_cycle_days' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
