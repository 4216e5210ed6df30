-- distinct customers with an order in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        active_customers_count as numerator
    from {{ ref('metrics_sales__active_customers_periodic') }}
)

select
    'active_customers_count' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
