-- answers 4 and 5 / all answers
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        satisfied_count as numerator,
        csat_answers_count as denominator
    from {{ ref('metrics_service__survey_answers_periodic') }}
    where csat_answers_count > 0
)

select
    'customer_satisfaction_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
