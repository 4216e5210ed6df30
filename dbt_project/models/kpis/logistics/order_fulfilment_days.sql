-- mean of (delivered date - order date) over the orders delivered in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        fulfilment_days_sum as numerator,
        fulfilled_orders_count as denominator
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    -- without order days, or deliveries, there are no days to count
    where fulfilled_orders_count > 0
)

select
    'order_fulfilment_days' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
