select
    employee_id,
    week_start_date as work_date,
    hours_worked,
    hours_billable
from {{ source('demo', 'timesheets') }}
