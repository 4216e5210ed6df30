select
    employee_id,
    absence_date,
    absence_type in ('semester', 'föräldraledig') as is_planned,
    day_share as absence_share
from {{ source('demo', 'absences') }}
