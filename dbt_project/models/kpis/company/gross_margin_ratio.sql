-- (net revenue - cost of goods sold) / net revenue
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount - cost_amount as numerator,
        revenue_amount as denominator
    from {{ ref('metrics_sales__order_lines_periodic') }}
)

select
    'gross_margin_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
