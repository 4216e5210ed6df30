select
    employee_id,
    case gender when 'K' then 'woman' when 'M' then 'man' else 'other' end as gender,
    hire_date,
    leave_date,
    cast(null as varchar) as role,
    cast(null as varchar) as ethnic_group,
    is_leader
from {{ source('demo', 'employees') }}
