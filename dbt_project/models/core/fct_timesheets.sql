-- A timesheet week is dated by its first day, and who starts on a Wednesday is not employed on
-- that Monday: the first department within the seven days counts.
with placed as (
    select
        timesheets.employee_id,
        timesheets.work_date,
        employment.department,
        timesheets.hours_worked,
        timesheets.hours_billable,
        timesheets.source_system,
        row_number() over (
            partition by timesheets.employee_id, timesheets.work_date
            order by employment.start_date
        ) as stretch_number
    from {{ ref('stg_hr__timesheets') }} as timesheets
    left join {{ ref('fct_employment') }} as employment
        on
            timesheets.employee_id = employment.employee_id
            and timesheets.work_date >= {{ dbt.dateadd('day', -6, 'employment.start_date') }}
            and (timesheets.work_date <= employment.end_date or employment.end_date is null)
)

select
    employee_id,
    work_date,
    -- hours of people outside the staff list (hired-in staff) are the company's hours too
    coalesce(department, 'unassigned') as department,
    hours_worked,
    hours_billable,
    source_system
from placed
where stretch_number = 1
