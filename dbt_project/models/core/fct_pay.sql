with rates as (
    select
        employee_id,
        start_date,
        pay_rate_amount,
        source_system,
        lead(start_date) over (partition by employee_id order by start_date) as next_start_date
    from {{ ref('stg_hr__pay') }}
)

select
    employee_id,
    start_date,
    cast({{ dbt.dateadd('day', -1, 'next_start_date') }} as date) as end_date,
    pay_rate_amount,
    source_system
from rates
