-- cost of campaigns / leads created in the period that marketing brought
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        advertising_cost_amount as numerator,
        marketing_leads_count as denominator
    from {{ ref('metrics_marketing__campaigns_periodic') }}
    -- orders of earlier leads are neither cost nor lead
    where campaign_days_count > 0 or marketing_leads_count > 0
)

select
    'cost_per_lead_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
