-- leads that became sales opportunities / all leads, by lead-creation period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        qualified_count as numerator,
        leads_count as denominator
    from {{ ref('metrics_sales__leads_periodic') }}
)

select
    'lead_to_opportunity_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
