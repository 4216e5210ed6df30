-- carbon dioxide equivalents of the deliveries of the period / deliveries
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        carbon_kg as numerator,
        carbon_recorded_count as denominator
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    -- where nobody records carbon there is nothing to tell: not a clean transport
    where carbon_recorded_count > 0
)

select
    'carbon_per_order_kg' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
