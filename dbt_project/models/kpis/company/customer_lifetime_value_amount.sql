-- net revenue of all orders so far / customers who have ever placed one
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_to_date_amount as numerator,
        customers_to_date_count as denominator
    from {{ ref('metrics_sales__customer_value_periodic') }}
)

select
    'customer_lifetime_value_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
