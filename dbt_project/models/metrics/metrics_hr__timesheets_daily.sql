select
    work_date,
    department,
    cast(sum(hours_worked) as decimal(38, 2)) as hours_worked,
    cast(sum(hours_billable) as decimal(38, 2)) as hours_billable
from {{ ref('fct_timesheets') }}
group by work_date, department
