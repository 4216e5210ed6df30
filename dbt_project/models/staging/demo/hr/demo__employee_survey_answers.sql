select
    answers.answer_id,
    answers.answered_date,
    answers.survey,
    coalesce(departments.department_name, 'unassigned') as department,
    answers.score
from {{ source('demo', 'employee_survey_answers') }} as answers
-- left: an answer counts for the company also where its department is unknown
left join {{ source('demo', 'departments') }} as departments on answers.department_id = departments.department_id
