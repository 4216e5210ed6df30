-- tickets opened in the period that were escalated / tickets opened in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        escalated_count as numerator,
        escalation_recorded_count as denominator
    from {{ ref('metrics_service__tickets_periodic') }}
    where escalation_recorded_count > 0
)

select
    'escalation_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
