select
    employee_id,
    gender,
    hire_date,
    leave_date,
    role,
    ethnic_group,
    is_leader,
    source_system
from {{ ref('stg_hr__employees') }}
