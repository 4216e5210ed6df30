-- orders that had to wait for stock / orders placed in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        backordered_count as numerator,
        backorder_recorded_count as denominator
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    -- where nobody records backorders there is nothing to tell
    where backorder_recorded_count > 0
)

select
    'backorder_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
