select
    training.training_id,
    training.employee_id,
    training.training_date,
    employment.department,
    training.hours,
    training.cost_amount,
    training.source_system
from {{ ref('stg_hr__training') }} as training
-- left: a course outside the employment stays visible here, with no department
left join {{ ref('fct_employment') }} as employment
    on
        training.employee_id = employment.employee_id
        and training.training_date >= employment.start_date
        and (training.training_date <= employment.end_date or employment.end_date is null)
