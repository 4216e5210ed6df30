-- net revenue / distinct customers with an order in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount as numerator,
        active_customers_count as denominator
    from {{ ref('metrics_sales__active_customers_periodic') }}
    -- an order spans categories, so its customer is no customer of one of them
    where scope_type <> 'product_category'
)

select
    'revenue_per_customer_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
