-- Whoever has a row is an employee. Service time is in whole years, the same in all rows of a person but
-- one; the file knows neither gender nor department.
select
    id as employee_id,
    'other' as gender,
    cast({{ dbt.dateadd('year', '-max("Service time")', "cast('2007-07-01' as date)") }} as date) as hire_date,
    cast(null as date) as leave_date,
    cast(null as varchar) as role,
    cast(null as varchar) as ethnic_group,
    cast(null as boolean) as is_leader
from {{ source('uci_absenteeism', 'absences') }}
group by id
