select
    answered_date,
    survey,
    department,
    cast(count(*) as bigint) as answers_count,
    cast(sum(score) as bigint) as score_sum,
    cast(sum(case when score >= 4 then 1 else 0 end) as bigint) as satisfied_count
from {{ ref('fct_employee_survey_answers') }}
group by answered_date, survey, department
