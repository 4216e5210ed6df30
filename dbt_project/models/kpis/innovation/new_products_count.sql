-- products whose launch date lies in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        new_products_count as numerator
    from {{ ref('metrics_sales__product_launches_periodic') }}
)

select
    'new_products_count' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
