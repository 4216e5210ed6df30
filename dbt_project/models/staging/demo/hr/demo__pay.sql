select
    employee_id,
    start_date,
    monthly_pay as pay_rate_amount
from {{ source('demo', 'pay') }}
