-- USD an hour for everyone: the pay frequency (monthly or every other week) does not change the rate's unit.
select
    cast(businessentityid as varchar) as employee_id,
    ratechangedate as start_date,
    rate as pay_rate_amount
from {{ source('adventureworks', 'employee_pay_history') }}
