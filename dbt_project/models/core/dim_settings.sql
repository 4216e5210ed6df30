select
    as_of_date,
    is_employee_scope_allowed
from {{ source('audit', 'run_settings') }}
