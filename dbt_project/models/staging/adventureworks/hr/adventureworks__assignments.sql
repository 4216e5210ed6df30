select
    cast(history.businessentityid as varchar) as employee_id,
    department.name as department,
    cast(null as varchar) as team,
    history.startdate as start_date,
    history.enddate as end_date
from {{ source('adventureworks', 'employee_department_history') }} as history
-- left, not inner: an unknown department must fail the contract, not lose a person
left join {{ source('adventureworks', 'department') }} as department
    on history.departmentid = department.departmentid
