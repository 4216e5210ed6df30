select
    employee_id,
    case gender when 'K' then 'woman' when 'M' then 'man' else 'other' end as gender,
    hire_date,
    leave_date
from {{ source('demo', 'employees') }}
