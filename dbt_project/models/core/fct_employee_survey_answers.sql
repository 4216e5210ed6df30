select
    answer_id,
    answered_date,
    survey,
    department,
    score,
    source_system
from {{ ref('stg_hr__employee_survey_answers') }}
