-- net revenue - cost of goods sold
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount - cost_amount as numerator
    from {{ ref('metrics_sales__order_lines_periodic') }}
)

select
    'gross_profit_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
