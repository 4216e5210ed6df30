select
    cast(history.businessentityid as varchar) as employee_id,
    department.name as department,
    -- in a department of one shift everybody is in it: docs/decisions/adventureworks-teams-and-leaders.md
    case
        when
            min(history.shiftid) over (partition by history.departmentid)
            <> max(history.shiftid) over (partition by history.departmentid)
            then shift.name
    end as team,
    history.startdate as start_date,
    history.enddate as end_date
from {{ source('adventureworks', 'employee_department_history') }} as history
-- left, not inner, both: an unknown department must fail the contract, not lose a person
left join {{ source('adventureworks', 'department') }} as department
    on history.departmentid = department.departmentid
left join {{ source('adventureworks', 'shift') }} as shift on history.shiftid = shift.shiftid
