-- cost / good units, of the production orders finished in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        cost_amount as numerator,
        costed_quantity as denominator
    from {{ ref('metrics_logistics__production_periodic') }}
    -- where nobody records both cost and units there is nothing to tell: not free work
    where costed_quantity is not null
)

select
    'production_cost_per_unit_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
