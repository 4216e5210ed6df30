-- mean of (received date - ordered date) over the purchase orders received in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        lead_days_sum as numerator,
        purchase_orders_count as denominator
    from {{ ref('metrics_logistics__purchases_periodic') }}
    -- nothing received has taken no time
    where purchase_orders_count > 0
)

select
    'supplier_lead_time_days' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
