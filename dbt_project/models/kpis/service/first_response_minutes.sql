-- mean of (first response - opened) over the tickets first answered in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        first_response_seconds_sum / cast(60 as double) as numerator,
        first_response_count as denominator
    from {{ ref('metrics_service__tickets_periodic') }}
    where first_response_count > 0
)

select
    'first_response_minutes' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
