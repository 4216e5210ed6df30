-- 100 x (answers 9 and 10 - answers 0 to 6) / all answers
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        100 * (promoters_count - detractors_count) as numerator,
        nps_answers_count as denominator
    from {{ ref('metrics_service__survey_answers_periodic') }}
    where nps_answers_count > 0
)

select
    'net_promoter_score' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
