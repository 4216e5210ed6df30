-- cost of the campaigns
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        advertising_cost_amount as numerator
    from {{ ref('metrics_marketing__campaigns_periodic') }}
    -- a period in which no campaign ran has no advertising to cost anything
    where campaign_days_count > 0
)

select
    'advertising_cost_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
