-- (gross profit of customers whom campaigns brought - cost of the campaigns) / cost of the campaigns
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        acquired_gross_profit_amount - advertising_cost_amount as numerator,
        advertising_cost_amount as denominator
    from {{ ref('metrics_marketing__campaigns_periodic') }}
    -- leads alone are neither cost nor return
    where campaign_days_count > 0 or acquired_orders_count > 0
)

select
    'return_on_investment_ratio' as kpi_id,
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
