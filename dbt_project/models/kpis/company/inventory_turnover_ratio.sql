-- cost of goods sold, annualised / average inventory at cost
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        annualised_cost_amount as numerator,
        average_inventory_amount as denominator
    from {{ ref('metrics_logistics__inventory_periodic') }}
)

select
    'inventory_turnover_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    case when denominator > 0 then {{ safe_divide('numerator', 'denominator') }} end as actual_value,
    case
        when numerator is not null and denominator < 0 then 'negative_base'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
