-- units received / units ordered, of the purchase orders received in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        received_quantity as numerator,
        ordered_quantity as denominator
    from {{ ref('metrics_logistics__purchases_periodic') }}
    -- nothing received is nothing to compare with what was ordered
    where ordered_quantity is not null
)

select
    'supplier_fill_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
