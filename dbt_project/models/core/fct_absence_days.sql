select
    absence_days.employee_id,
    absence_days.absence_date,
    employment.department,
    absence_days.is_planned,
    absence_days.absence_share,
    absence_days.source_system
from {{ ref('stg_hr__absence_days') }} as absence_days
-- left: a day outside the employment stays visible here, with no department
left join {{ ref('fct_employment') }} as employment
    on
        absence_days.employee_id = employment.employee_id
        and absence_days.absence_date >= employment.start_date
        and (absence_days.absence_date <= employment.end_date or employment.end_date is null)
