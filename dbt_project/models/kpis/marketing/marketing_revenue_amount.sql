-- net revenue of the orders of customers whom marketing brought, by first touch
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        marketing_revenue_amount as numerator
    from {{ ref('metrics_sales__first_touch_periodic') }}
    -- customers whom marketing did not bring are not a marketing revenue of 0
    where marketing_revenue_amount is not null
)

select
    'marketing_revenue_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
