-- monthly fees of the subscriptions that run on the period's last known day
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        monthly_fee_amount as numerator
    from {{ ref('metrics_sales__subscriptions_periodic') }}
)

select
    'monthly_recurring_revenue_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
