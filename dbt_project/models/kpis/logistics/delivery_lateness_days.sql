-- mean of (delivered date - promised date) over the orders delivered in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        lateness_days_sum as numerator,
        delivered_count as denominator
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    -- nothing delivered is neither early nor late
    where delivered_count > 0
)

select
    'delivery_lateness_days' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
