-- orders promised in the period and delivered in full / orders promised in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        in_full_count as numerator,
        fulfilment_recorded_count as denominator
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    -- where nobody records what was delivered in full there is nothing to tell
    where fulfilment_recorded_count > 0
)

select
    'order_fulfilment_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
