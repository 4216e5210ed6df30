select
    employee_id,
    case gender when 'K' then 'woman' when 'M' then 'man' else 'other' end as gender,
    hire_date,
    leave_date,
    occupation as role,
    stated_group as ethnic_group,
    is_leader
from {{ source('demo', 'employees') }}
