-- clicks / impressions
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        click_through_clicks_count as numerator,
        click_through_impressions_count as denominator
    from {{ ref('metrics_marketing__campaigns_periodic') }}
    where click_through_impressions_count is not null
)

select
    'click_through_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
