select
    employee_id,
    gender,
    hire_date,
    leave_date,
    source_system
from {{ ref('stg_hr__employees') }}
