select
    training_id,
    employee_id,
    training_date,
    hours,
    cost_amount
from {{ source('demo', 'training') }}
