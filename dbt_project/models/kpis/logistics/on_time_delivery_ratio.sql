-- orders delivered on or before the promised day / orders promised for the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        on_time_count as numerator,
        promised_count as denominator
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    -- without promises there is nothing to keep
    where promised_count > 0
)

select
    'on_time_delivery_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
