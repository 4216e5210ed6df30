-- answers of 4 and 5 / all answers of the satisfaction survey
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_survey_withheld as is_withheld,
        case when not is_survey_withheld then satisfied_count end as numerator,
        case when not is_survey_withheld then answers_count end as denominator
    from {{ ref('metrics_hr__survey_answers_periodic') }}
    where survey = 'satisfaction'
)

select
    'employee_satisfaction_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    case
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
